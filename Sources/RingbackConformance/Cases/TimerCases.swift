import RingbackModel

/// Deadlines.
enum TimerCases {
    static let all = [
        timed("A call that nobody answers ends as no_answer when its ring time is over", body: noAnswer),
        timed("A call for which no device rings is unreachable after its ring time", body: unreachable),
        timed(
            "A caller who disconnects while the call rings is reconnecting, then the call is canceled", body: lostCaller
        ),
        timed("A call whose caller reconnects in time continues to ring", body: returningCaller),
        timed("A blocked caller sees unreachable, and the callee is not notified", body: blocked),
        timed("A call that does not connect within 30 s ends as connect_timeout", body: connectTimeout),
        timed("An offer that is not answered expires after 30 s", section: .negotiations, body: lapse),
    ]

    private static func timed(
        _ name: String, section: ProtocolSection = .call,
        body: @escaping @Sendable (ConformanceContext) async throws -> Void
    ) -> ConformanceCase {
        ConformanceCase(name, section, scope: .eachTransport, needs: [.time], body: body)
    }

    private static func check(
        _ event: ReceivedEvent, _ reason: EndReason, sipStatus: Int? = nil, at place: Place = #line
    ) throws {
        let call = try event.call(at: place)
        try expectEqual(call.reason, reason.rawValue, "the reason", at: place)
        try expect(event.actorDeviceId == nil, "no device has ended the call: \(event.json.excerpt)", at: place)
        try expect(
            call.json.text("endedBy.deviceId") == nil, "no device has ended the call: \(event.json.excerpt)", at: place)
        if let sipStatus { try expectEqual(call.json.number("sipStatus"), sipStatus, "sipStatus", at: place) }
    }

    private static func noAnswer(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let call = try await vasya.call(petya, ringSeconds: 10)
        try await call.ring()
        try await context.pass(.seconds(9), keeping: vasya, petya)
        try expectEqual(try await call.current(by: vasya).state, "ringing", "the state after 9 of 10 s")
        try await context.pass(.seconds(2), keeping: vasya, petya)
        for device in [vasya, petya] {
            try check(await device.next(.callEnded, of: call.id), .noAnswer, sipStatus: 408)
        }
        let history = try await petya.perform(.listCalls).expect(200)
        try expectEqual(history.flag("items.0.missed"), true, "missed in the callee's history")
        try await petya.perform(.accept, on: call.id).expectProblem(.invalidTransition, callState: .ended)
    }

    private static func unreachable(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let call = try await vasya.call(petya, ringSeconds: 35)
        try await context.pass(.seconds(33), keeping: call.caller, call.callee)
        try expectEqual(try await call.current(by: call.caller).state, "inviting", "the state after 33 of 35 s")
        try await context.pass(.seconds(4), keeping: call.caller, call.callee)
        for device in [call.caller, call.callee] {
            try check(await device.next(.callEnded, of: call.id), .unreachable, sipStatus: 480)
        }
    }

    /// Creates a ringing call whose caller has disconnected.
    private static func ringingForNobody(_ context: ConformanceContext) async throws -> TestCall {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let call = try await vasya.call(petya, ringSeconds: 180)
        try await call.ring()
        await vasya.stopListening()
        try await context.pass(upTo: .seconds(60), keeping: petya) {
            try await call.current(by: petya).participant(vasya)?.text("connection") == "reconnecting"
        }
        let lost = try await petya.next(.callParticipant, of: call.id)
        try expectEqual(lost.data?.text("connection"), "reconnecting", "the caller's connection")
        try expectEqual(try await call.current(by: petya).state, "ringing", "the state meanwhile")
        return call
    }

    private static func lostCaller(_ context: ConformanceContext) async throws {
        let call = try await ringingForNobody(context)
        try await context.pass(.seconds(8), keeping: call.callee)
        try expectEqual(try await call.current(by: call.callee).state, "ringing", "the state after 8 of 15 s")
        try await context.pass(.seconds(10), keeping: call.callee)
        let ended = try await call.callee.next(.callEnded, of: call.id)
        try check(ended, .canceled, sipStatus: 487)
        let history = try await call.callee.perform(.listCalls).expect(200)
        try expectEqual(history.flag("items.0.missed"), true, "missed in the callee's history")
    }

    private static func returningCaller(_ context: ConformanceContext) async throws {
        let call = try await ringingForNobody(context)
        try await call.caller.listen()
        let back = try await call.callee.next(.callParticipant, of: call.id)
        try expectEqual(back.data?.text("connection"), "online", "the caller's connection")
        try await context.pass(.seconds(30), keeping: call.caller, call.callee)
        try expectEqual(try await call.current(by: call.callee).state, "ringing", "the state 30 s later")
        try await call.accept()
    }

    private static func blocked(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        try await petya.perform(.blockUser, ["userId": .string(vasya.user.userId)]).expect(204)
        let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
        try await context.pass(.seconds(62), keeping: vasya, petya)
        try check(await vasya.next(.callEnded, of: call.id), .unreachable, sipStatus: 480)
        let masha = try await context.caller("masha")
        let bell = try await masha.call(petya)
        let told = petya.heard.filter { $0.callId != bell.id }
        try expect(told.isEmpty, "the callee heard of a blocked call: \(told)")
    }

    private static func connectTimeout(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        try await call.caller.perform(.connected, on: call.id).expectCall(.connecting)
        try await context.pass(.seconds(28), keeping: call.caller, call.callee)
        try expectEqual(try await call.current(by: call.caller).state, "connecting", "the state after 28 of 30 s")
        try await context.pass(.seconds(4), keeping: call.caller, call.callee)
        for device in [call.caller, call.callee] {
            try check(await device.next(.callEnded, of: call.id), .connectTimeout)
        }
    }

    private static func lapse(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        let lapsed = try await call.offer(by: call.caller)
        let offer = JSONLiteral.description("offer", "v=0\r\n")
        try await call.callee.perform(.sendOffer, on: call.id, offer).expectProblem(.negotiationPending)
        try await context.pass(.seconds(32), keeping: call.caller, call.callee)
        let late = JSONLiteral.description("answer", "v=0\r\n").adding("negotiation", .integer(lapsed))
        try await call.callee.perform(.sendAnswer, on: call.id, late).expectProblem(.staleNegotiation)
        let next = try await call.offer(by: call.callee)
        try expectEqual(next, lapsed + 1, "the number of the next negotiation")
        try await call.answer(by: call.caller, negotiation: next)
        try expectEqual(try await call.current(by: call.caller).state, "active", "the state meanwhile")
    }
}
