package import RingbackModel
import Synchronization

/// Limits the guessing of passwords: after several wrong passwords, further attempts for the user must wait.
///
/// Attempts that are still being verified count as well, so parallel attempts do not evade the limit.
package final class AttemptLimiter: Sendable {
    private static let maximumFailures = 10
    private static let maximumPending = 32
    private static let window: Duration = .seconds(60)
    private static let capacity = 100_000

    private struct Attempts {
        var failures = 0
        var pending = 0
        var since: MonotonicTime
    }

    /// Whose attempts are counted together. Those who guess in one way do not lock out the others.
    package struct Key: Sendable, Hashable {
        let user: UserID
        let client: SignInClient

        package init(_ user: UserID, _ client: SignInClient = .unknown) {
            self.user = user
            self.client = client
        }
    }

    private let attempts = Mutex<[Key: Attempts]>([:])

    package init() {}

    /// Begins an attempt. Every attempt must be ended with ``end(_:hasSucceeded:)``.
    ///
    /// - Throws: ``Problem`` `rate_limited` with the time to wait.
    package func begin(_ key: Key, at now: MonotonicTime) throws {
        let wait: Duration? = attempts.withLock { attempts in
            if attempts.count >= Self.capacity {
                attempts = attempts.filter { $0.value.pending > 0 || $0.value.since + Self.window > now }
            }
            var entry = attempts[key] ?? Attempts(since: now)
            if entry.since + Self.window <= now { entry = Attempts(pending: entry.pending, since: now) }
            defer { attempts[key] = entry }
            if entry.failures >= Self.maximumFailures { return entry.since + Self.window - now }
            if entry.pending >= Self.maximumPending { return .seconds(1) }
            entry.pending += 1
            return nil
        }
        guard let wait else { return }
        var problem = Problem(
            .rateLimited, "Too many attempts to sign in as this user.",
            retryAfterSeconds: Int(wait.milliseconds / 1000) + 1)
        problem.rateLimit = Problem.RateLimit(
            policy: "user-sign-ins", quota: Self.maximumFailures, windowSeconds: Int(Self.window.milliseconds / 1000))
        throw problem
    }

    /// Ends an attempt.
    ///
    /// - Parameter hasSucceeded: Whether the password was right; `nil` if it was not verified.
    package func end(_ key: Key, hasSucceeded: Bool?) {
        attempts.withLock { attempts in
            guard var entry = attempts[key] else { return }
            entry.pending = max(0, entry.pending - 1)
            switch hasSucceeded {
            case true?: entry.failures = 0
            case false?: entry.failures += 1
            case nil: break
            }
            attempts[key] = entry.pending == 0 && entry.failures == 0 ? nil : entry
        }
    }
}
