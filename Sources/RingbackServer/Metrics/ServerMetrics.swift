import Metrics
import NIOCore
import RingbackCore
import RingbackModel
import Synchronization

/// The metrics of the server.
final class ServerMetrics: Sendable {
    private let registry: MetricsRegistry
    private let gauges = Mutex<@Sendable () -> [(String, Int)]>({ [] })
    private let commits: Counter
    private let events: Counter
    private let failures: [StoreFailure.Operation: Counter]
    private let operations = OperationMeters()
    private let store: StoreMeters

    /// - Parameter node: The name of this node, if it has one.
    init(registry: MetricsRegistry, node: String? = nil) {
        self.registry = registry
        store = StoreMeters(registry)
        if let node {
            registry.makeMeter(label: "ringback_node_info", dimensions: [("node", node)]).set(Int64(1))
        }
        commits = Counter(label: "ringback_commits_total", factory: registry)
        events = Counter(label: "ringback_events_total", factory: registry)
        failures = Dictionary(
            uniqueKeysWithValues: [StoreFailure.Operation.read, .write].map { operation in
                let dimensions = [("operation", operation.rawValue)]
                return (
                    operation,
                    Counter(label: "ringback_storage_failures_total", dimensions: dimensions, factory: registry)
                )
            })
    }

    /// Sets the source of the gauges, which is asked when they are rendered.
    func observe(_ gauges: @escaping @Sendable () -> [(String, Int)]) { self.gauges.withLock { $0 = gauges } }

    /// Records that an operation was answered, over HTTP or a socket.
    func served(_ operation: Operation, status: Int, since start: NIODeadline) {
        let meter = operations.meter(of: operation, status: status, registry)
        meter.requests.increment()
        // The time of a long poll is mostly waiting, so it is not recorded.
        meter.time?.recordNanoseconds((.now() - start).nanoseconds)
    }

    func committed(_ commit: Commit) {
        commits.increment()
        events.increment(by: commit.events.count)
    }

    /// Records that the store could not read or write.
    func failed(_ failure: StoreFailure) { failures[failure.operation]?.increment() }

    func measured(_ measure: StoreMeasure) { store.take(measure) }

    func render() -> String {
        for (label, value) in gauges.withLock(\.self)() { Gauge.set(label, value, registry) }
        return registry.render()
    }
}

extension Gauge {
    static func set(_ label: String, _ value: Int, _ registry: MetricsRegistry) {
        registry.makeMeter(label: label, dimensions: []).set(Int64(value))
    }
}

/// Counters and timers by operation and status, kept because looking one up by its labels costs more than what it
/// measures.
private final class OperationMeters: Sendable {
    struct Meter: Sendable {
        let requests: Counter
        let time: Timer?
    }

    private struct Key: Hashable {
        let operation: ObjectIdentifier
        let status: Int
    }

    private let meters = Mutex<[Key: Meter]>([:])

    func meter(of operation: Operation, status: Int, _ factory: any MetricsFactory) -> Meter {
        let key = Key(operation: ObjectIdentifier(operation), status: status)
        return meters.withLock { meters in
            if let meter = meters[key] { return meter }
            let name = operation.id.rawValue
            let dimensions = [("operation", name), ("status", "\(status)")]
            let meter = Meter(
                requests: Counter(label: "ringback_requests_total", dimensions: dimensions, factory: factory),
                time: operation.id == .pollEvents
                    ? nil
                    : Timer(label: "ringback_request", dimensions: [("operation", name)], factory: factory))
            meters[key] = meter
            return meter
        }
    }
}
