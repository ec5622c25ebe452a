import RingbackCore
import RingbackModel

/// The messages of a socket that were refused for their rate.
///
/// A client that goes on in spite of 429 would cost as much as one whose messages are accepted. After too many refused
/// within a second the socket is paused: its messages are neither read nor carried out, and fill the client's buffers.
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
    mutating func note(_ result: Result<some Any, any Error>, bytes: Int, pause: () -> MonotonicTime) {
        guard case .failure(let error as Problem) = result, error.status == 429 else { return }
        count += 1
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
