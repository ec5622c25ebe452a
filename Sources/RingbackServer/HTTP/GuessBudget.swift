import NIOCore
import RingbackModel
import Synchronization

/// How many tokens that nobody has a subscriber may send: the store is asked about each that the server does not know.
///
/// A token is paid for before the store is asked, and the price given back when it is good.
final class GuessBudget: Sendable {
    private static let burst = 100.0
    private static let perSecond = 10.0
    private static let capacity = 50_000

    private struct Bucket {
        var level: Double
        var at: NIODeadline

        func level(at now: NIODeadline) -> Double {
            min(burst, level + Double((now - at).nanoseconds) / 1e9 * perSecond)
        }
    }

    private let buckets = Mutex<[IPAddress: Bucket]>([:])

    /// - Parameter address: `nil` for clients that can't be told apart: they may guess as they like.
    /// - Throws: ``Problem`` `rate_limited`.
    func spend(_ address: IPAddress?, at now: NIODeadline = .now()) throws(Problem) {
        guard let subscriber = address?.subscriber else { return }
        let isAllowed = buckets.withLock { buckets in
            if buckets.count >= Self.capacity {
                // Full buckets are as good as none.
                buckets = buckets.filter { $0.value.level(at: now) < Self.burst }
                guard buckets.count < Self.capacity else { return buckets[subscriber] == nil }
            }
            let level = buckets[subscriber]?.level(at: now) ?? Self.burst
            guard level >= 1 else { return false }
            buckets[subscriber] = Bucket(level: level - 1, at: now)
            return true
        }
        guard !isAllowed else { return }
        var problem = Problem(
            .rateLimited, "Too many tokens that are not valid came from this address.", retryAfterSeconds: 1)
        problem.rateLimit = Problem.RateLimit(
            policy: "address-tokens", quota: Int(Self.burst), windowSeconds: Int(Self.burst / Self.perSecond))
        throw problem
    }

    /// The token was good.
    func giveBack(_ address: IPAddress?) {
        guard let subscriber = address?.subscriber else { return }
        buckets.withLock { buckets in
            if let level = buckets[subscriber]?.level { buckets[subscriber]?.level = min(Self.burst, level + 1) }
        }
    }
}
