import CoreMetrics
import Metrics
import RingbackCore
import Synchronization

/// What a store of several nodes measures of itself. Each is shown once there is something to show.
final class StoreMeters: Sendable {
    private struct Meters {
        let jobs: Counter
        let retries: Counter
        let locks: Timer
        let signals: Timer

        init(_ registry: MetricsRegistry) {
            jobs = Counter(label: "ringback_committed_jobs_total", factory: registry)
            retries = Counter(label: "ringback_transaction_retries_total", factory: registry)
            locks = Timer(label: "ringback_lock_wait", factory: registry)
            signals = Timer(label: "ringback_signal_lag", factory: registry)
        }
    }

    private let registry: MetricsRegistry
    private let meters = Mutex<Meters?>(nil)

    init(_ registry: MetricsRegistry) { self.registry = registry }

    func take(_ measure: StoreMeasure) {
        let meters = meters.withLock { meters in
            let known = meters ?? Meters(registry)
            meters = known
            return known
        }
        switch measure {
        case .committed(let jobs): meters.jobs.increment(by: jobs)
        case .triedAgain: meters.retries.increment()
        case .locked(let time): meters.locks.record(time)
        case .heard(let time): meters.signals.record(time)
        }
    }
}

extension Timer {
    fileprivate func record(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
