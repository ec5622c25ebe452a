#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ends a wait for input (``PostgresConnection/waitForInput(_:or:)``) from another thread.
final class WakeUp: Sendable {
    /// Readable after ``signal()``.
    let descriptor: Int32
    private let end: Int32

    /// - Throws: ``PostgresError`` if no more files can be opened.
    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw PostgresError.lost(String(cString: strerror(errno))) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (descriptor, end) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(end)
    }

    /// If the pipe is full, the waiting thread wakes up anyway.
    func signal() {
        var byte: UInt8 = 0
        write(end, &byte, 1)
    }

    /// Must be called before looking for what was signaled.
    func clear() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(descriptor, &bytes, bytes.count) == bytes.count {}
    }
}
