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

    /// Begins the pause of one of the sender's connections. Each ends a little later than the one before it, so that
    /// they do not all go on at the same moment. Once the last would be longer than ``longest``, they end among those
    /// of the second half of that time.
    ///
    /// - Returns: Its end.
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
