import RingbackCore
import RingbackModel
import Synchronization

/// How long the connections of each sender are paused after ``RefusedMessages``: the more of them are, the longer each,
/// so that many connections together do not get much more refused than one.
final class RefusalPauses: Sendable {
    enum Sender: Hashable, Sendable {
        case user(UserID)
        /// Of requests without a token that is known.
        case address(IPAddress)
    }

    /// A connection alone is paused until its next tick.
    static let perConnection: Duration = .milliseconds(500)
    static let longest: Duration = .seconds(10)
    private static let capacity = 50_000

    private let ends = Mutex<[Sender: MonotonicTime]>([:])

    /// Begins the pause of one of the sender's connections.
    ///
    /// - Returns: Its end.
    func begin(_ sender: Sender, at now: MonotonicTime) -> MonotonicTime {
        ends.withLock { ends in
            if ends.count >= Self.capacity { ends = ends.filter { $0.value > now } }
            let end = min(max(ends[sender] ?? now, now) + Self.perConnection, now + Self.longest)
            ends[sender] = end
            return end
        }
    }
}
