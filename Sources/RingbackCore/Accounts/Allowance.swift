import RingbackModel
import Synchronization

/// Something that happens only so often for each key, and is left out otherwise.
final class Allowance<Key: Hashable & Sendable>: Sendable {
    private static var capacity: Int { 50_000 }

    private let interval: Int64
    private let atOnce: Int64
    /// When each key would have all of its allowance again (the generic cell rate algorithm).
    private let full = Mutex<[Key: Int64]>([:])

    /// - Parameters:
    ///   - interval: The average time between two.
    ///   - atOnce: How many may happen at once after a pause.
    init(every interval: Duration, atOnce: Int) {
        self.interval = interval.milliseconds
        self.atOnce = Int64(atOnce)
    }

    /// Whether it may happen once more.
    func takes(_ key: Key, at now: MonotonicTime) -> Bool {
        full.withLock { full in
            if full.count >= Self.capacity { full = full.filter { $0.value > now.milliseconds } }
            let begin = max(full[key] ?? 0, now.milliseconds)
            guard begin - now.milliseconds <= interval * (atOnce - 1) else { return false }
            guard full[key] != nil || full.count < Self.capacity else { return false }
            full[key] = begin + interval
            return true
        }
    }
}
