/// The call conformance suite: tests a server against the protocol from outside, over each transport and each
/// combination of two.
///
/// It knows nothing but the base URL. Each run registers users of its own, so runs can share a server, except for those
/// that need ``ConformanceCase/Need/time`` and advance the server's clock.
package enum ConformanceSuite {
    package static let cases: [ConformanceCase] =
        WholeCallCases.all + DescriptionCases.all + EndingCases.all + RepeatCases.all + TransitionCases.all
        + RoleCases.all + GateCases.all + DeviceCases.all + GlareCases.all + BusyCases.all + QuietCases.all
        + BlockCases.all + NegotiationCases.all + RenegotiationCases.all + IdempotencyCases.all
        + SnapshotCases.all + ResumeCases.all + CursorCases.all + EventCases.all + PresenceCases.all
        + SessionCases.all + SocketCases.all + ErrorCases.all + BoundCases.all + HistoryCases.all
        + TimerCases.all + ConnectionCases.all + AdministratorCases.all

    /// The nine combinations of a caller's and a callee's transport.
    package static let mixes = TransportMix.all()

    /// Each case with the transports of its scope.
    ///
    /// - Parameter offers: What is available. Cases that need more are left out.
    package static func runs(
        over transports: [Transport] = Transport.allCases, offering offers: Set<ConformanceCase.Need> = []
    ) -> [ConformanceRun] {
        cases.filter { $0.needs.isSubset(of: offers) }.flatMap { conformanceCase in
            let mixes: [TransportMix] =
                switch conformanceCase.scope {
                case .everyMix: TransportMix.all(of: transports)
                case .eachTransport: transports.map { TransportMix($0, $0) }
                case .once: transports.prefix(1).map { TransportMix($0, $0) }
                }
            return mixes.map { ConformanceRun(conformanceCase: conformanceCase, mix: $0) }
        }
    }

    /// Performs runs against a server, several at a time, and reports each when it is done.
    ///
    /// - Parameters:
    ///   - width: The number of concurrent runs.
    ///   - report: Called with each result, in the order of completion.
    /// - Returns: The results in the order of completion.
    package static func perform(
        _ runs: [ConformanceRun], against server: ServerUnderTest, width: Int = 8,
        report: @Sendable (ConformanceResult) -> Void = { _ in }
    ) async -> [ConformanceResult] {
        await withTaskGroup(of: ConformanceResult.self) { group in
            var waiting = runs[...]
            for run in waiting.prefix(max(1, width)) { group.addTask { await result(of: run, against: server) } }
            waiting = waiting.dropFirst(max(1, width))
            var results: [ConformanceResult] = []
            while let result = await group.next() {
                report(result)
                results.append(result)
                guard let run = waiting.popFirst() else { continue }
                group.addTask { await Self.result(of: run, against: server) }
            }
            return results
        }
    }

    /// Runs all cases that do not wait for minutes.
    package static func run(
        baseURL: String, transports: [Transport] = Transport.allCases
    ) async throws -> [ConformanceResult] {
        await perform(runs(over: transports), against: try ServerUnderTest(baseURL: baseURL))
    }

    private static func result(of run: ConformanceRun, against server: ServerUnderTest) async -> ConformanceResult {
        let start = ContinuousClock.now
        do {
            try await run.perform(against: server)
            return ConformanceResult(run: run, failure: nil, duration: ContinuousClock.now - start)
        } catch {
            return ConformanceResult(run: run, failure: error, duration: ContinuousClock.now - start)
        }
    }
}
