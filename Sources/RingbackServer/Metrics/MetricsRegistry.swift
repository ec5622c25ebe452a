package import CoreMetrics
import Synchronization

/// A backend of swift-metrics that renders the Prometheus text format 0.0.4.
///
/// swift-metrics creates a handler per call site; handlers with the same name and labels share one metric.
package final class MetricsRegistry: MetricsFactory {
    struct Key: Hashable, Sendable {
        let name: String
        let labels: String

        init(_ label: String, _ dimensions: [(String, String)]) {
            name = Self.clean(label)
            labels = dimensions.sorted { $0.0 < $1.0 }
                .map { "\(Self.clean($0.0))=\"\(Self.escape($0.1))\"" }.joined(separator: ",")
        }

        private static func clean(_ name: String) -> String {
            String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        }

        private static func escape(_ value: String) -> String {
            value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        }
    }

    private struct State {
        var counters: [Key: Tally] = [:]
        var gauges: [Key: Gauge] = [:]
        var histograms: [Key: Histogram] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let key = Key(label, dimensions)
        return state.withLock { state in
            let counter = state.counters[key] ?? Tally()
            state.counters[key] = counter
            return counter
        }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label + "_seconds", dimensions)
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Gauge {
        let key = Key(label, dimensions)
        return state.withLock { state in
            let gauge = state.gauges[key] ?? Gauge()
            state.gauges[key] = gauge
            return gauge
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
        let key = Key(label, dimensions)
        return state.withLock { state in
            let histogram = state.histograms[key] ?? Histogram()
            state.histograms[key] = histogram
            return histogram
        }
    }

    /// All metrics as text.
    package func render() -> String {
        let state = state.withLock(\.self)
        return Self.family(state.counters, "counter") { key, counter in
            "\(key.name)\(Self.braces(key.labels)) \(counter.value)\n"
        }
            + Self.family(state.gauges, "gauge") { key, gauge in
                "\(key.name)\(Self.braces(key.labels)) \(gauge.value)\n"
            }
            + Self.family(state.histograms, "histogram") { $1.render($0) }
    }

    private static func family<Value>(
        _ metrics: [Key: Value], _ type: String, _ line: (Key, Value) -> String
    ) -> String {
        var text = ""
        var last: String?
        for (key, value) in metrics.sorted(by: { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }) {
            if key.name != last { text += "# TYPE \(key.name) \(type)\n" }
            last = key.name
            text += line(key, value)
        }
        return text
    }

    static func braces(_ labels: String...) -> String {
        let all = labels.filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? "" : "{\(all)}"
    }
}
