import RingbackModel

/// Further negotiations in an active call.
enum RenegotiationCases {
    static let all = [
        ConformanceCase("Either side may offer again in an active call", .negotiations, body: eitherSide),
        ConformanceCase("An ICE restart is reported to the other side", .negotiations, body: iceRestart),
        ConformanceCase("Two offers at the same moment leave one open, the caller's", .negotiations, body: sameMoment),
    ]

    private static func eitherSide(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        for (number, offerer) in [call.callee, call.caller, call.callee].enumerated() {
            let negotiation = try await call.offer(by: offerer)
            try expectEqual(negotiation, number + 1, "the negotiation's number")
            try await call.answer(by: call.peer(of: offerer), negotiation: negotiation)
        }
        try expectEqual(try await call.current(by: call.caller).state, "active", "the state meanwhile")
        try await call.hangUp()
    }

    private static func iceRestart(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        for (offerer, other) in [(call.caller, call.callee), (call.callee, call.caller)] {
            let data = JSONLiteral.description("offer", "v=0\r\n").adding("iceRestart", true)
            let sent = try await offerer.perform(.sendOffer, on: call.id, data).expect(201)
            let heard = try await other.next(.callOffer, of: call.id)
            let read = try await other.perform(.getOffer, on: call.id).expect(200)
            for json in [sent, heard.data, read] { try expectEqual(json?.flag("iceRestart"), true, "iceRestart") }
            try await call.answer(by: other, negotiation: sent.number("negotiation") ?? 0)
        }
        let plain = try await call.caller.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\n")).expect(201)
        try expectEqual(plain.flag("iceRestart"), false, "iceRestart of an offer that does not speak of it")
    }

    private static func sameMoment(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        async let one = call.caller.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\ns=caller\r\n"))
        async let other = call.callee.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\ns=callee\r\n"))
        let (callers, callees) = try await (one, other)
        let open = try callers.expect(201).number("negotiation") ?? 0
        if callees.status == 201 {
            try expectEqual(callees.json?.number("negotiation"), open - 1, "the callee's offer came before")
        } else {
            try callees.expectProblem(.negotiationPending)
        }
        try await call.callee.next(.callOffer, of: call.id)
        try await call.answer(by: call.callee, negotiation: open)
    }
}
