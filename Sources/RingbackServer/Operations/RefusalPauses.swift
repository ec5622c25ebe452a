import RingbackCore
import RingbackModel
import Synchronization

/// Determines how long a connection is paused after too many of its messages were refused (``RefusedMessages``).
///
/// A connection that is paused alone waits for ``perConnection``. The more connections of a sender are paused at a
/// time, the longer each of them waits, up to ``longest``, so that many connections together do not cost much more than
/// one. The end of a pause is noticed at the next tick of the connection, up to a second later.
final class RefusalPauses: Sendable {
    enum Sender: Hashable, Sendable {
        case user(UserID)
        /// Of requests without a token that is known.
        case address(IPAddress)
    }

    /// The length of the pause of a sender's only paused connection.
    static let perConnection: Duration = .milliseconds(500)
    /// The maximum length of a pause.
    static let longest: Duration = .seconds(10)
    private static let capacity = 50_000

    private let ends = Mutex<[Sender: MonotonicTime]>([:])

    /// Begins the pause of one of the sender's connections.
    ///
    /// It ends ``perConnection`` after the pause that was begun before it, so that the connections do not all continue
    /// at the same moment. A pause that would be longer than ``longest`` ends in the second half of that time instead.
    ///
    /// - Returns: When the pause ends.
    func begin(_ sender: Sender, at now: MonotonicTime) -> MonotonicTime {
        ends.withLock { ends in
            if ends.count >= Self.capacity { ends = ends.filter { $0.value > now } }
            var end = max(ends[sender] ?? now, now) + Self.perConnection
            if end - now > Self.longest { end = now + Self.longest / 2 + Self.perConnection }
            ends[sender] = end
            return end
        }
    }
}
