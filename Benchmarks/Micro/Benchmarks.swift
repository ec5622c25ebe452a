import Benchmark

/// The steps of a message's way, each alone: the machine, encoding, the commit, the ring, the wake-up.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], timeUnits: .nanoseconds, warmupIterations: 10,
        maxDuration: .seconds(1), maxIterations: 1_000_000)
    benchmarkMachine()
    benchmarkEncoding()
    benchmarkCommit()
    benchmarkFeed()
}
