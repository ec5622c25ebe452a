import RingbackConformance
import RingbackServer
import Testing

/// Runs the call conformance suite against this server, over every transport and every combination of two.
struct ConformanceTests {
    /// One server for all cases that don't move the clock; every case has users of its own.
    private static let shared = SharedServer()

    @Test("A server conforms", arguments: ConformanceSuite.runs(offering: [.administrator]))
    func conforms(run: ConformanceRun) async throws {
        try await run.perform(against: Self.shared.get().underTest)
    }

    @Test(
        "A server conforms as time passes",
        arguments: ConformanceSuite.runs(offering: [.time, .administrator]).filter(\.conformanceCase.isSlow))
    func conformsInTime(run: ConformanceRun) async throws {
        let server = try await EmbeddedServer.start()
        try await run.perform(against: server.underTest)
        withExtendedLifetime(server) {}
    }
}

/// Starts one server at the first call.
actor SharedServer {
    private var starting: Task<EmbeddedServer, any Error>?

    func get() async throws -> EmbeddedServer {
        let task = starting ?? Task { try await EmbeddedServer.start { $0.writesPerSecond = 100_000 } }
        starting = task
        return try await task.value
    }
}
