import Benchmark

/// The single steps of processing a message: the state machine, encoding, the commit, recent events, the wake-up.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], timeUnits: .nanoseconds, warmupIterations: 10,
        maxDuration: .seconds(1), maxIterations: 1_000_000)
    benchmarkMachine()
    benchmarkEncoding()
    benchmarkCommit()
    benchmarkFeed()
}
