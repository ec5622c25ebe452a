import RingbackModel

/// The messages of a socket that were refused for their rate since the last tick.
///
/// A client that goes on in spite of 429 would cost as much as one whose messages are accepted. With too many refused
/// it is not read until the next tick, so that its messages fill its own buffers.
struct RefusedMessages {
    static let maximum = 100
    static let maximumBytes = 1024 * 1024

    private var count = 0
    private var bytes = 0

    var areTooMany: Bool { count >= Self.maximum || bytes >= Self.maximumBytes }

    /// Takes the answer to a message of so many bytes.
    mutating func note(_ result: Result<some Any, any Error>, bytes: Int) {
        guard case .failure(let error as Problem) = result, error.status == 429 else { return }
        count += 1
        self.bytes += bytes
    }

    /// - Returns: Whether there were too many.
    mutating func tick() -> Bool {
        defer { self = RefusedMessages() }
        return areTooMany
    }
}
