import RingbackCore
import RingbackModel
import Synchronization

/// Limits the requests of each device or user with a token bucket.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    private let capacity = 50_000

    private struct Bucket {
        var level: Double
        var at: MonotonicTime

        mutating func spend(at now: MonotonicTime, _ perSecond: Double, _ burst: Double) -> Bool {
            level = min(burst, level + Double(now.milliseconds - at.milliseconds) / 1000 * perSecond)
            at = now
            guard level >= 1 else { return false }
            level -= 1
            return true
        }
    }

    private let perSecond: Double
    private let buckets = Mutex<[Key: Bucket]>([:])

    private let burst: Double

    /// - Parameter burst: The size of the bucket; by default twice `perSecond`.
    init(perSecond: Double, burst: Double? = nil) {
        self.perSecond = max(1, perSecond)
        self.burst = burst ?? self.perSecond * 2
    }

    /// - Throws: ``Problem`` `rate_limited` with the time to wait.
    func spend(_ key: Key, at now: MonotonicTime) throws(Problem) {
        let isAllowed = buckets.withLock { buckets in
            if buckets.count >= capacity {
                // A full bucket is equivalent to none.
                buckets = buckets.filter { now - $0.value.at < .seconds(burst / perSecond) }
            }
            return buckets[key, default: Bucket(level: burst, at: now)].spend(at: now, perSecond, burst)
        }
        if !isAllowed {
            throw Problem(.rateLimited, "The request rate has been exceeded.", retryAfterSeconds: 1)
        }
    }
}
