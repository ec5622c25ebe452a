import RingbackModel

/// Beginning without a cursor: a snapshot of the live calls, followed by every later event exactly once.
enum SnapshotCases {
    static let all = [
        ConformanceCase(
            "A device that connects while the call rings finds it in the snapshot and accepts", .events, body: ringing),
        ConformanceCase(
            "A callee's snapshot has the offer and the candidates to join in with", .events, body: calleesOffer),
        ConformanceCase("A caller's snapshot has the answer and the candidates", .events, body: callersAnswer),
        ConformanceCase(
            "A device that does not participate finds the call without its descriptions", .events, body: bystander),
        ConformanceCase("Without live calls the snapshot is empty", .events, scope: .eachTransport, body: empty),
    ]

    private static func only(_ welcome: Welcome, _ call: TestCall, at place: Place = #line) throws -> CallView {
        guard let snapshot = welcome.snapshot, snapshot.count == 1, snapshot[0].id == call.id else {
            let found = welcome.snapshot.map { $0.map(\.json.excerpt).joined(separator: "; ") } ?? "no snapshot"
            throw ConformanceFailure("expected a snapshot with the one call, got \(found)", at: place)
        }
        return snapshot[0]
    }

    private static func ringing(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let tablet = try await context.signIn(call.callee.user, over: context.mix.caller)
        let view = try only(await tablet.listen(), call)
        try expectEqual(view.state, "ringing", "the state in the snapshot")
        try expectEqual(view.json.text("caller.userId"), call.caller.user.userId, "the caller in the snapshot")
        try expect(view.json["offer"] == nil, "before accept there is no offer: \(view.json.excerpt)")
        try await tablet.perform(.alerting, on: call.id).expectCall(.ringing)
        try await tablet.perform(.accept, on: call.id).expectCall(.connecting)
        try await call.callee.next(.callStopped, of: call.id)
        let taken = TestCall(id: call.id, caller: call.caller, callee: tablet)
        try await call.caller.next(.callAccepted, of: call.id)
        try await taken.offer(by: call.caller)
        try await taken.hangUp()
        try tablet.expectUnheard(.callIncoming, .callRinging, because: "the snapshot already said so")
        try expectEqual(tablet.count(.callOffer), 1, "offers after the snapshot")
        try expectEqual(tablet.count(.callEnded), 1, "call.ended after the snapshot")
    }

    private static func calleesOffer(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        await petya.stopListening()
        let sent = try await vasya.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\ns=ж\r\n")).expect(201)
        try await vasya.perform(.addCandidates, on: call.id, .candidates("a", "b", "")).expect(202)
        let view = try only(await petya.listen(), call)
        try expectEqual(view.json.text("offer.description.sdp"), "v=0\r\ns=ж\r\n", "the offer in the snapshot")
        try expectEqual(view.json.number("offer.negotiation"), sent.number("negotiation") ?? 0, "its negotiation")
        try expectEqual(
            view.json.list("candidates").map { $0.text("candidate.candidate") ?? "none" }, ["a", "b", ""],
            "the candidates in the snapshot")
        try await call.answer(by: petya, negotiation: 1)
        try await call.hangUp()
        try petya.expectUnheard(.callOffer, .callCandidates, because: "the snapshot already had it")
    }

    private static func callersAnswer(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        try await call.offer(by: vasya)
        await vasya.stopListening()
        try await petya.perform(.sendAnswer, on: call.id, .description("answer", "v=0\r\ns=ж\r\n")).expect(201)
        try await petya.perform(.addCandidates, on: call.id, .candidates("c")).expect(202)
        let view = try only(await vasya.listen(), call)
        try expectEqual(view.json.text("answer.description.sdp"), "v=0\r\ns=ж\r\n", "the answer in the snapshot")
        try expectEqual(view.json.text("candidates.0.candidate.candidate"), "c", "the candidate in the snapshot")
        try await petya.perform(.hangUp, on: call.id).expectCall(.ended)
        try await vasya.next(.callEnded, of: call.id)
        try vasya.expectUnheard(.callAnswer, .callCandidates, because: "the snapshot already had it")
    }

    private static func bystander(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        try await call.offer(by: call.caller)
        try await call.caller.perform(.addCandidates, on: call.id, .candidates("a")).expect(202)
        for device in [call.caller, call.callee] {
            let other = try await context.signIn(device.user, over: device.transport.next)
            let view = try only(await other.listen(), call)
            for name in ["offer", "answer", "candidates"] {
                try expect(view.json[name] == nil, "a device that takes no part gets no \(name): \(view.json.excerpt)")
            }
        }
    }

    private static func empty(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ended)
        for device in [call.caller, call.callee] {
            let snapshot = try await device.listen().snapshot
            try expectEqual(snapshot?.count, 0, "calls in the snapshot after the call has ended")
        }
    }
}
