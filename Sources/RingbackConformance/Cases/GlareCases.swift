import RingbackModel

/// Two users who invite each other get one call.
enum GlareCases {
    static let all = [
        ConformanceCase("An invitation against one that has not rung yet accepts it", .glare) {
            try await crossed($0, .inviting)
        },
        ConformanceCase("An invitation against one that rings accepts it", .glare) { try await crossed($0, .ringing) },
        ConformanceCase("Two invitations at the same moment become one call", .glare, body: sameMoment),
        ConformanceCase(
            "Glare counts for the device that invites: the callee's other devices stop", .glare, body: otherDevice),
    ]

    private static func crossed(_ context: ConformanceContext, _ state: Call.State) async throws {
        let call = try await context.call(state)
        let (vasya, petya) = (call.caller, call.callee)
        let merged = try await petya.invite(vasya.user).expectCall(.connecting)
        try checkMerged(merged, call.id, caller: vasya, winner: petya)
        let accepted = try await vasya.next(.callAccepted, of: call.id)
        try expectEqual(accepted.actorDeviceId, petya.deviceId, "the device that has accepted")
        let number = try await call.offer(by: vasya)
        try await call.answer(by: petya, negotiation: number)
        try await vasya.perform(.connected, on: call.id).expectCall(.active)
        try await petya.next(.callActive, of: call.id)
        try await expectOneCall(call)
        try await call.hangUp()
        for device in [vasya, petya] {
            let others = device.heard.filter { $0.callId != call.id }
            try expect(others.isEmpty, "\(device) heard of another call: \(others)")
        }
    }

    private static func sameMoment(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        async let one = vasya.invite(petya.user)
        async let other = petya.invite(vasya.user)
        let (vasyas, petyas) = try await (one, other)
        try expectEqual(Set([vasyas.status, petyas.status]), [200, 201], "the statuses of \(vasyas) and \(petyas)")
        let (caller, winner) = vasyas.status == 201 ? (vasya, petya) : (petya, vasya)
        let (first, second) = vasyas.status == 201 ? (vasyas, petyas) : (petyas, vasyas)
        let call = try first.expectCall(.inviting, status: 201)
        try checkMerged(second.expectCall(.connecting), call.id, caller: caller, winner: winner)
        try await caller.next(.callAccepted, of: call.id)
        let standing = TestCall(id: call.id, caller: caller, callee: winner)
        try await expectOneCall(standing)
        try await standing.offer(by: caller)
        try await standing.hangUp()
    }

    private static func otherDevice(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let phone = try await context.sibling(of: call.callee, over: context.mix.caller)
        try await phone.invite(call.caller.user).expectCall(.connecting)
        let stopped = try await call.callee.next(.callStopped, of: call.id)
        try expect(
            ["accepted_elsewhere", "merged"].contains(stopped.data?.text("reason")),
            "why the other device stops: \(stopped.json.excerpt)")
        try await call.callee.perform(.sendAnswer, on: call.id, .description("answer", "v=0\r\n"))
            .expectProblem(.notAParticipant)
        try await call.caller.next(.callAccepted, of: call.id)
        let merged = TestCall(id: call.id, caller: call.caller, callee: phone)
        try await merged.offer(by: call.caller)
        try await merged.hangUp()
    }

    private static func checkMerged(
        _ call: CallView, _ id: String, caller: TestDevice, winner: TestDevice, at place: Place = #line
    ) throws {
        try expectEqual(call.id, id, "the standing call", at: place)
        try expect(call.isMerged, "the answer says \"merged\": true: \(call.json.excerpt)", at: place)
        try expectEqual(call.json.text("caller.deviceId"), caller.deviceId, "the caller", at: place)
        try expectEqual(call.json.text("callee.deviceId"), winner.deviceId, "the device that accepted", at: place)
        try expectEqual(call.leg(of: winner)?.state, "accepted", "its leg", at: place)
    }

    private static func expectOneCall(_ call: TestCall) async throws {
        for device in [call.caller, call.callee] {
            let page = try await device.perform(.listCalls).expect(200)
            try expectEqual(page.list("items").map { $0.text("callId") ?? "" }, [call.id], "the calls of \(device)")
        }
    }
}
