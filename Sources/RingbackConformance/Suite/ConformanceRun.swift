/// A case with a combination of transports.
package struct ConformanceRun: Sendable, CustomStringConvertible {
    package let conformanceCase: ConformanceCase
    package let mix: TransportMix

    package var description: String {
        switch conformanceCase.scope {
        case .everyMix: "\(conformanceCase.name) (\(mix))"
        case .eachTransport: "\(conformanceCase.name) (\(mix.caller))"
        case .once: conformanceCase.name
        }
    }

    /// Runs the case with users of its own, then checks the rules that hold for all events.
    ///
    /// - Throws: ``ConformanceFailure``; ``WireError`` if the server violates HTTP or WebSocket.
    package func perform(against server: ServerUnderTest) async throws {
        let context = ConformanceContext(
            server.address, mix, administratorToken: server.administratorToken, advance: server.advance)
        do {
            try await conformanceCase.body(context)
            try context.checkInvariants()
        } catch {
            await context.close()
            throw error
        }
        await context.close()
    }
}

/// The result of a run.
package struct ConformanceResult: Sendable, CustomStringConvertible {
    package let run: ConformanceRun
    package let failure: (any Error)?
    package let duration: Duration

    package var hasPassed: Bool { failure == nil }

    package var description: String {
        guard let failure else { return "ok      \(run)" }
        let line = (failure as? ConformanceFailure).map { ":\($0.place.line)" } ?? ""
        return "FAILED  \(run)\n        \(run.conformanceCase.file)\(line)\n        \(failure)"
    }
}
