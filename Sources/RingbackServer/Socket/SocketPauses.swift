import RingbackCore
import RingbackModel
import Synchronization

/// How long the sockets of each user are paused after ``RefusedMessages``: the more of them are, the longer each, so
/// that many sockets together do not get much more refused than one.
final class SocketPauses: Sendable {
    /// A socket alone is paused until its next tick.
    static let perSocket: Duration = .milliseconds(500)
    static let longest: Duration = .seconds(10)
    private static let capacity = 50_000

    private let ends = Mutex<[UserID: MonotonicTime]>([:])

    /// Begins the pause of one of the user's sockets.
    ///
    /// - Returns: Its end.
    func begin(_ user: UserID, at now: MonotonicTime) -> MonotonicTime {
        ends.withLock { ends in
            if ends.count >= Self.capacity { ends = ends.filter { $0.value > now } }
            let end = min(max(ends[user] ?? now, now) + Self.perSocket, now + Self.longest)
            ends[user] = end
            return end
        }
    }
}
