import RingbackModel

/// Complete calls.
enum WholeCallCases {
    static let all = [
        ConformanceCase(
            "A call goes from the invitation to the hangup and both sides receive each event once", .call,
            body: wholeCall),
        ConformanceCase("An invitation gives the callee the complete call", .shapes, body: invitation),
        ConformanceCase("One report and the other side's answer make a call active", .call, body: reportThenAnswer),
        ConformanceCase("An answer and the other side's report make a call active", .call, body: answerThenReport),
        ConformanceCase("The answerer's own report alone does not make a call active", .call, body: answererAlone),
    ]

    private static func invitation(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let custom = #"{"topic":"\u0451\u0436 😀 \"x\" \\ \/","n":[1,2.50,-3e2,null,true,{}]}"#
        let answer = try await vasya.invite(petya.user, ringSeconds: 45, custom: .raw(custom))
        let call = try answer.expectCall(.inviting, status: 201)
        if let location = answer.location { try expectEqual(location, "/v1/calls/\(call.id)", "Location") }
        for (path, value) in [
            ("caller.userId", vasya.user.userId), ("caller.deviceId", vasya.deviceId),
            ("callee.userId", petya.user.userId),
        ] { try expectEqual(call.json.text(path), value, path) }
        try expect(
            call.json.text("callee.deviceId") == nil, "no device of the callee has won yet: \(call.json.excerpt)")
        try expect(
            call.json.flag("media.audio") == true && call.json.flag("media.video") == true,
            "media: \(call.json.excerpt)")
        try expectEqual(call.negotiation, 0, "negotiation")
        let moments = ["createdAt", "expiresAt"].compactMap { call.json.text($0).flatMap { Timestamp($0) } }
        try expect(
            moments.count == 2 && moments[1] - moments[0] == .seconds(45),
            "the call rings for 45 s: \(call.json.excerpt)")
        try expectEqual(call.leg(of: petya)?.state, "invited", "the leg of the callee's device")
        try expect(call.json.list("participants").isEmpty, "nobody takes part before accept: \(call.json.excerpt)")

        let incoming = try await petya.next(.callIncoming, of: call.id)
        try expectEqual(incoming.actorDeviceId, vasya.deviceId, "the actor's device")
        try expectEqual(incoming.actorUserId, vasya.user.userId, "the actor's user")
        let heard = try incoming.call()
        try expectEqual(heard.json.text("caller.userId"), vasya.user.userId, "the caller")
        let wanted = try JSONSlice(parsing: Array(custom.utf8))
        for view in [call, heard, try await TestCall(id: call.id, caller: vasya, callee: petya).current(by: petya)] {
            try expect(
                view.json.text("custom.topic").map { Array($0.utf8) } == wanted.text("topic").map { Array($0.utf8) },
                "`custom` comes as it was sent: \(view.json.excerpt)")
            try expectEqual(view.json.list("custom.n").count, 6, "elements of `custom.n`")
            try expectEqual(view.json.value(at: "custom.n.1")?.number, 2.5, "custom.n.1")
        }
    }

    private static func wholeCall(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let call = try await vasya.call(petya)
        let ringing = try await petya.perform(.alerting, on: call.id).expectCall(.ringing)
        try expectEqual(ringing.leg(of: petya)?.state, "alerting", "the leg of the device that rings")
        try expect(ringing.json.text("ringingAt") != nil, "a ringing call has ringingAt: \(ringing.json.excerpt)")
        let heard = try await vasya.next(.callRinging, of: call.id)
        try expectEqual(try heard.call().state, "ringing", "the state in call.ringing")
        try expectEqual(heard.actorDeviceId, petya.deviceId, "the actor of call.ringing")

        let accepted = try await petya.perform(.accept, on: call.id).expectCall(.connecting)
        for view in [accepted, try await vasya.next(.callAccepted, of: call.id).call()] {
            try expectEqual(view.state, "connecting", "the state after accept")
            try expectEqual(view.json.text("callee.deviceId"), petya.deviceId, "the device that won")
            try expectEqual(view.leg(of: petya)?.state, "accepted", "the leg of the device that won")
            try expect(view.json.text("acceptedAt") != nil, "an accepted call has acceptedAt: \(view.json.excerpt)")
            try expect(view.json.text("expiresAt") == nil, "an accepted call rings no more: \(view.json.excerpt)")
            try expect(
                view.json.list("participants").count == 2 && view.participant(vasya) != nil
                    && view.participant(petya) != nil,
                "the two devices take part: \(view.json.excerpt)")
        }
        let first = try await call.offer(by: vasya)
        try expectEqual(first, 1, "the number of the first negotiation")
        try await call.answer(by: petya, negotiation: first)
        try await vasya.perform(.addCandidates, on: call.id, .candidates("a")).expect(202)
        try await petya.next(.callCandidates, of: call.id)
        try await petya.perform(.connected, on: call.id).expect(200)
        let active = try await vasya.perform(.connected, on: call.id).expectCall(.active)
        try expect(active.json.text("activeAt") != nil, "an active call has activeAt: \(active.json.excerpt)")
        let ended = try await vasya.perform(.hangUp, on: call.id).expectCall(.ended)
        try checkEnd(ended, by: vasya)
        try checkEnd(try await petya.next(.callEnded, of: call.id).call(), by: vasya)
        try checkEnd(try await call.current(by: petya), by: vasya)
        try await barrier(call)
        for (device, types) in [
            (vasya, [EventType.callRinging, .callAccepted, .callAnswer]),
            (petya, [.callIncoming, .callOffer, .callCandidates, .callActive, .callEnded]),
        ] {
            for type in types {
                try expectEqual(device.count(type, of: call.id), 1, "\(device) hears \(type.rawValue)")
            }
        }
    }

    /// Waits until both devices have received the events of another call, so that all events of this one have arrived.
    static func barrier(_ call: TestCall) async throws {
        let next = try await call.caller.call(call.callee)
        try await next.ring()
        try await call.caller.perform(.cancel, on: next.id).expectCall(.ended)
    }

    private static func checkEnd(_ call: CallView, by device: TestDevice) throws {
        try expectEqual(call.state, "ended", "the state after the hangup")
        try expectEqual(call.reason, "completed", "the reason")
        try expectEqual(call.json.text("endedBy.userId"), device.user.userId, "endedBy.userId")
        try expectEqual(call.json.number("sipStatus"), 200, "sipStatus of a completed call")
        try expect(call.json.text("endedAt") != nil, "an ended call has endedAt: \(call.json.excerpt)")
        for name in ["ringSeconds", "talkSeconds"] {
            try expect(
                (call.json.number(name) ?? -1) >= 0, "an ended call that was active has \(name): \(call.json.excerpt)")
        }
    }

    private static func reportThenAnswer(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let number = try await call.offer(by: call.caller)
        try await call.caller.perform(.connected, on: call.id).expectCall(.connecting)
        try await call.answer(by: call.callee, negotiation: number)
        try await expectActive(call)
    }

    private static func answerThenReport(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let number = try await call.offer(by: call.caller)
        try await call.answer(by: call.callee, negotiation: number)
        try await call.caller.perform(.connected, on: call.id).expectCall(.active)
        try await call.callee.next(.callActive, of: call.id)
        try await expectActive(call)
    }

    private static func expectActive(_ call: TestCall) async throws {
        for device in [call.caller, call.callee] {
            try expectEqual(try await call.current(by: device).state, "active", "the state that \(device) sees")
        }
        try await call.hangUp()
        for device in [call.caller, call.callee] {
            let count = device.count(.callActive, of: call.id)
            try expect(count <= 1, "\(device) hears once that the call is active, not \(count) times")
        }
    }

    private static func answererAlone(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let number = try await call.offer(by: call.caller)
        try await call.answer(by: call.callee, negotiation: number)
        try await call.callee.perform(.connected, on: call.id).expectCall(.connecting)
        try await call.caller.perform(.connected, on: call.id).expectCall(.active)
        try await call.callee.next(.callActive, of: call.id)
        try await expectActive(call)
    }
}
