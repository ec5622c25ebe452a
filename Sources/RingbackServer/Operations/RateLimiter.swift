import RingbackCore
import RingbackModel
import Synchronization

/// Limits the requests of each device, user or address, or their bytes, with a token bucket.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    private static var capacity: Int { 50_000 }

    private struct Bucket {
        var level: Double
        var at: MonotonicTime

        func level(at now: MonotonicTime, _ perSecond: Double) -> Double {
            level + Double(now.milliseconds - at.milliseconds) / 1000 * perSecond
        }

        /// - Returns: How much is missing; 0 if the cost was spent. A cost above the burst needs a full bucket.
        mutating func spend(_ cost: Double, at now: MonotonicTime, _ perSecond: Double, _ burst: Double) -> Double {
            level = min(burst, level(at: now, perSecond))
            at = now
            let needed = min(cost, burst)
            guard level >= needed else { return needed - level }
            level -= cost
            return 0
        }
    }

    private struct State {
        var buckets: [Key: Bucket] = [:]
        var filteredAt: MonotonicTime?
    }

    private let name: String
    private let detail: String
    private let perSecond: Double
    private let burst: Double
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: Names the limit in responses.
    ///   - burst: The size of the bucket; by default twice `perSecond`.
    ///   - detail: Describes the refusal in responses.
    init(
        _ name: String, perSecond: Double, burst: Double? = nil,
        detail: String = "The request rate has been exceeded."
    ) {
        self.name = name
        self.detail = detail
        self.perSecond = max(0.001, perSecond)
        self.burst = max(1, burst ?? self.perSecond * 2)
    }

    /// Spends from the bucket of a key.
    ///
    /// - Throws: ``Problem`` `rate_limited` with the time to wait; nothing was spent then.
    func spend(_ key: Key, cost: Double = 1, at now: MonotonicTime) throws(Problem) {
        let missing = missing(key, cost, at: now)
        guard missing > 0 else { return }
        var problem = Problem(
            .rateLimited, detail, retryAfterSeconds: max(1, Int((missing / perSecond).rounded(.up))))
        problem.rateLimit = Problem.RateLimit(
            policy: name, quota: Int(burst), windowSeconds: Int((burst / perSecond).rounded(.up)))
        throw problem
    }

    /// Spends 1 from the bucket of a key, unless there is less.
    ///
    /// - Returns: Whether it was spent.
    func takes(_ key: Key, at now: MonotonicTime) -> Bool { missing(key, 1, at: now) == 0 }

    /// Spends from the bucket of a key.
    ///
    /// - Returns: How much is missing; 0 if the cost was spent.
    private func missing(_ key: Key, _ cost: Double, at now: MonotonicTime) -> Double {
        state.withLock { state in
            if state.buckets.count >= Self.capacity, state.filteredAt.map({ now - $0 >= .seconds(1) }) ?? true {
                // A full bucket is equivalent to none.
                state.buckets = state.buckets.filter { $0.value.level(at: now, perSecond) < burst }
                state.filteredAt = now
            }
            if let place = state.buckets.index(forKey: key) {
                return state.buckets.values[place].spend(cost, at: now, perSecond, burst)
            }
            // Those for whom there is no room are not limited.
            guard state.buckets.count < Self.capacity else { return 0 }
            var bucket = Bucket(level: burst, at: now)
            defer { state.buckets[key] = bucket }
            return bucket.spend(cost, at: now, perSecond, burst)
        }
    }

    /// Returns 1 that was spent to the bucket of a key.
    func giveBack(_ key: Key) {
        state.withLock { state in
            guard let place = state.buckets.index(forKey: key) else { return }
            state.buckets.values[place].level = min(burst, state.buckets.values[place].level + 1)
        }
    }
}
