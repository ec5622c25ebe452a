import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A UDP or TCP socket to one host, for asking and waiting a while for the answer. Its methods block.
final class ICESocket {
    private let descriptor: Int32
    private let isStream: Bool

    /// - Throws: ``CommandError`` in words.
    init(host: String, port: UInt16, isStream: Bool) throws {
        self.isStream = isStream
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32((isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue)
        #else
            hints.ai_socktype = isStream ? SOCK_STREAM : SOCK_DGRAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw CommandError("the name \(host) has no address")
        }
        defer { freeaddrinfo(found) }
        var candidate: UnsafeMutablePointer<addrinfo>? = found
        while let address = candidate {
            let descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, address.pointee.ai_protocol)
            var patience = timeval(tv_sec: 2, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
            if connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
            candidate = address.pointee.ai_next
        }
        throw CommandError("nothing answers at \(host):\(port)")
    }

    deinit { close(descriptor) }

    /// Sends a request, over UDP up to three times, and waits for its answer.
    func exchange(_ request: STUNMessage, key: [UInt8]? = nil) -> STUNMessage? {
        let bytes = request.bytes(key: key)
        // Over all tries, whatever else comes in meanwhile.
        let deadline = ContinuousClock.now + .seconds(7)
        for _ in 0..<(isStream ? 1 : 3) {
            guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return nil }
            while let answer = receive(by: deadline) {
                if answer.transaction == request.transaction { return answer }
            }
        }
        return nil
    }

    private func receive(by deadline: ContinuousClock.Instant) -> STUNMessage? {
        var buffer = [UInt8](repeating: 0, count: 2048)
        var count = 0
        repeat {
            guard ContinuousClock.now < deadline else { return nil }
            let got = recv(descriptor, &buffer[count], buffer.count - count, 0)
            guard got > 0 else { return nil }
            count += got
            if !isStream { break }
        } while count < 20 || count < min(buffer.count, 20 + Int(buffer[2]) << 8 + Int(buffer[3]))
        return STUNMessage(parsing: Array(buffer[..<count]))
    }
}
