import Metrics
import RingbackCore

/// What the server counts.
package struct ServerMetrics: Sendable {
    private let registry: MetricsRegistry
    private let factory: any MetricsFactory
    private let gauges: @Sendable () -> [(String, Int)]

    package init(registry: MetricsRegistry, gauges: @escaping @Sendable () -> [(String, Int)]) {
        self.registry = registry
        factory = registry
        self.gauges = gauges
    }

    func served(_ operation: Operation, status: Int, since start: ContinuousClock.Instant) {
        let dimensions = [("operation", operation.id), ("status", "\(status)")]
        Counter(label: "ringback_requests_total", dimensions: dimensions, factory: factory).increment()
        // A poll takes as long as it waits: that is no measure of the server.
        guard operation.id != "pollEvents" else { return }
        let time = Timer(label: "ringback_request", dimensions: [("operation", operation.id)], factory: factory)
        time.recordNanoseconds(Int64(start.duration(to: .now) / .nanoseconds(1)))
    }

    func committed(_ commit: Commit) {
        Counter(label: "ringback_commits_total", factory: factory).increment()
        Counter(label: "ringback_events_total", factory: factory).increment(by: commit.events.count)
    }

    func render() -> String {
        for (label, value) in gauges() { Gauge.set(label, value, registry) }
        return registry.render()
    }
}

extension Gauge {
    static func set(_ label: String, _ value: Int, _ registry: MetricsRegistry) {
        registry.makeMeter(label: label, dimensions: []).set(Int64(value))
    }
}
