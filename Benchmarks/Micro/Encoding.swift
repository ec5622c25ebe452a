import Benchmark
import RingbackModel

/// Encoding an event for the log, which happens once, and for delivery, which happens for each reader.
func benchmarkEncoding() {
    let cursor = Cursor(epoch: "0123456789ab", position: 123_456)
    let events: [(String, @Sendable () -> EventBody)] = [
        ("offer of 3 KB", Fixture.offerEvent), ("candidate", Fixture.candidateEvent),
    ]
    for (name, makeEvent) in events {
        Benchmark("encode: \(name), for the log", configuration: .init(scalingFactor: .kilo)) { benchmark in
            for _ in benchmark.scaledIterations { blackHole(makeEvent()) }
        }

        Benchmark("encode: \(name), for delivery", configuration: .init(scalingFactor: .kilo)) { benchmark in
            let event = makeEvent()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                var json = JSONWriter(reservingCapacity: event.members.count + 96)
                event.write(to: &json, cursor: cursor, now: Fixture.now)
                blackHole(json.finish())
            }
        }
    }
}
