import RingbackModel
import Synchronization

/// Slows down guessing: a name whose password was wrong too often has to wait.
final class AttemptLimiter: Sendable {
    private static let maximumFailures = 10
    private static let window: Duration = .seconds(60)
    private static let capacity = 100_000

    private struct Failures {
        var count: Int
        var since: Timestamp
    }

    private let failures = Mutex<[UserID: Failures]>([:])

    /// - Throws: ``Problem`` `rate_limited` with the time to wait.
    func check(_ user: UserID, at now: Timestamp) throws {
        let wait: Duration? = failures.withLock { failures in
            guard let entry = failures[user] else { return nil }
            let end = entry.since + Self.window
            if end <= now {
                failures[user] = nil
                return nil
            }
            return entry.count >= Self.maximumFailures ? end - now : nil
        }
        guard let wait else { return }
        throw Problem(
            .rateLimited, "Too many wrong passwords for this user.",
            retryAfterSeconds: Int(wait.milliseconds / 1000) + 1)
    }

    func failed(_ user: UserID, at now: Timestamp) {
        failures.withLock { failures in
            if failures.count >= Self.capacity { failures = failures.filter { $0.value.since + Self.window > now } }
            if failures.count >= Self.capacity { failures = [:] }
            failures[user, default: Failures(count: 0, since: now)].count += 1
        }
    }

    func succeeded(_ user: UserID) { failures.withLock { $0[user] = nil } }
}
