import RingbackCore

/// The messages of a socket, or the requests of an HTTP connection, that were refused for their rate.
///
/// A client that ignores status 429 would cost as much as one whose messages are accepted. So a connection is paused
/// after too many refused messages within a second: its messages are neither read nor carried out until the pause ends
/// (``RefusalPauses``), and remain in the buffers of the client.
struct RefusedMessages {
    static let maximum = 100
    static let maximumBytes = 512 * 1024

    private var count = 0
    private var bytes = 0
    private var pauseEnd: MonotonicTime?

    var isPaused: Bool { pauseEnd != nil }

    /// Takes the answer to a message of so many bytes.
    ///
    /// - Parameter pause: Called when there are too many, for the end of the pause.
    mutating func note(status: Int, bytes: Int, pause: () -> MonotonicTime) {
        guard status == 429 else { return }
        count += 1
        note(bytes: bytes, pause: pause)
    }

    /// Takes bytes of a message that arrive after the answer.
    mutating func note(bytes: Int, pause: () -> MonotonicTime) {
        self.bytes += bytes
        if !isPaused, count >= Self.maximum || self.bytes >= Self.maximumBytes { pauseEnd = pause() }
    }

    /// - Returns: Whether a pause has ended.
    mutating func tick(at now: MonotonicTime) -> Bool {
        if let pauseEnd, pauseEnd > now { return false }
        defer { self = RefusedMessages() }
        return isPaused
    }
}
