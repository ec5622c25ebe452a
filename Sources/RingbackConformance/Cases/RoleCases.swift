import RingbackModel

/// What each side of a call, and other users, may do.
enum RoleCases {
    static let all = [
        ConformanceCase(
            "The caller can't ring, accept or decline its own call", .call, scope: .eachTransport, body: caller),
        ConformanceCase("The callee can't cancel", .call, scope: .eachTransport, body: callee),
        ConformanceCase(
            "A device can't end a call as an administrator", .call, scope: .eachTransport, body: administrator),
        ConformanceCase("A stranger can't learn that a call exists", .gate, scope: .eachTransport, body: stranger),
        ConformanceCase(
            "Every operation on a call that does not exist is 404", .gate, scope: .eachTransport, body: unknown),
    ]

    /// Every operation on a call, with valid data.
    static let requests: [(APIOperation, JSONLiteral)] = [
        (.getCall, [:]), (.alerting, [:]), (.accept, [:]), (.decline, [:]), (.cancel, [:]), (.connected, [:]),
        (.hangUp, [:]), (.sendOffer, .description("offer", "v=0\r\n")), (.getOffer, [:]),
        (.sendAnswer, .description("answer", "v=0\r\n").adding("negotiation", 1)), (.getAnswer, [:]),
        (.addCandidates, .candidates("x")), (.listCandidates, [:]), (.setMedia, ["held": true]),
        (.reportQuality, ["packetsLost": 1]), (.getTimeline, [:]),
    ]

    private static func caller(_ context: ConformanceContext) async throws {
        let call = try await context.call(.inviting)
        for operation in [APIOperation.alerting, .accept, .decline] {
            try await call.caller.perform(operation, on: call.id).expectProblem(.forbidden)
        }
        try expectEqual(try await call.current(by: call.caller).state, "inviting", "the state afterwards")
    }

    private static func callee(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        try await call.callee.perform(.cancel, on: call.id).expectProblem(.forbidden)
        try expectEqual(try await call.current(by: call.callee).state, "ringing", "the state afterwards")
    }

    private static func administrator(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        for device in [call.caller, call.callee] {
            try await device.perform(.endCall, on: call.id).expectProblem(.forbidden)
        }
        try expectEqual(try await call.current(by: call.caller).state, "active", "the state afterwards")
    }

    private static func stranger(_ context: ConformanceContext) async throws {
        let ringing = try await context.call(.ringing)
        let active = try await context.call(.active)
        let masha = try await context.caller("masha")
        for call in [ringing, active] {
            for (operation, data) in requests {
                let real = try await masha.perform(operation, on: call.id, data).expectProblem(.notFound)
                let none = try await masha.perform(operation, on: unknownCall, data).expectProblem(.notFound)
                for name in ["title", "detail", "code", "type"] {
                    try expect(
                        real.text(name)?.replacing(call.id, with: "")
                            == none.text(name)?.replacing(unknownCall, with: ""),
                        "\(operation.rawValue) tells a stranger that the call exists: \(real.excerpt) and \(none.excerpt)"
                    )
                }
                try expect(real["callState"] == nil, "a stranger is told the call's state: \(real.excerpt)")
            }
        }
        try expectEqual(try await ringing.current(by: ringing.caller).state, "ringing", "the state afterwards")
        try expectEqual(try await active.current(by: active.caller).state, "active", "the state afterwards")
    }

    private static let unknownCall = "AAAAAAAAAAAAAAAAAAAAAA"

    private static func unknown(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        for (operation, data) in requests {
            try await vasya.perform(operation, on: unknownCall, data).expectProblem(.notFound)
        }
    }
}
