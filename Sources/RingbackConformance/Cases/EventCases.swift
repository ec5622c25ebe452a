import RingbackModel

/// The format of events, and their recipients.
enum EventCases {
    static let all = [
        ConformanceCase(
            "An event names its cursor, id, type, time, age, call, number and actor", .events, body: fields),
        ConformanceCase("A device does not receive its own writes, the others do", .shapes, body: audience),
        ConformanceCase("An event is the same on every transport", .events, scope: .once, body: sameEverywhere),
        ConformanceCase("A burst arrives whole and in order", .events, body: burst),
        ConformanceCase("A third user receives nothing of a call", .gate, scope: .eachTransport, body: thirdUser),
    ]

    private static func fields(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        try await call.hangUp()
        for device in [call.caller, call.callee] {
            let peer = call.peer(of: device)
            for event in device.heard {
                try expectEqual(event.callId, call.id, "callId of \(event)")
                if event.actorDeviceId != device.deviceId {
                    try expectEqual(event.actorDeviceId, peer.deviceId, "the actor's device of \(event)")
                    try expectEqual(event.actorUserId, peer.user.userId, "the actor's user of \(event)")
                }
                try expect(
                    (event.json.number("ageMs") ?? .max) < 60_000, "an event of a moment ago: \(event.json.excerpt)")
            }
            let ids = Set(device.heard.map(\.id))
            let cursors = Set(device.heard.map(\.cursor))
            try expect(
                ids.count == device.heard.count && cursors.count == device.heard.count,
                "each event has an id and a cursor of its own: \(device.heard)")
        }
    }

    private static func audience(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        let number = try await call.offer(by: call.callee)
        try await call.answer(by: call.caller, negotiation: number)
        for device in [call.caller, call.callee] {
            try await device.perform(.addCandidates, on: call.id, .candidates("x")).expect(202)
            try await device.perform(.setMedia, on: call.id, ["held": false]).expect(200)
        }
        for device in [call.caller, call.callee] { try await device.next(.callMedia, of: call.id) }
        try await call.hangUp()
        let wanted: [(TestDevice, [EventType])] = [
            (call.caller, [.callRinging, .callAccepted, .callOffer, .callCandidates, .callMedia]),
            (call.callee, [.callIncoming, .callAnswer, .callCandidates, .callMedia, .callEnded]),
        ]
        for (device, types) in wanted {
            let heard = device.heard.map(\.type).filter { $0 != EventType.callActive.rawValue }
            try expectEqual(heard.sorted(), types.map(\.rawValue).sorted(), "what \(device) has heard")
        }
    }

    private static func sameEverywhere(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let user = try await context.user("petya")
        var devices: [TestDevice] = []
        for transport in Transport.allCases { devices.append(try await context.signIn(user, over: transport)) }
        for device in devices { try await device.listen() }
        let call = try await vasya.invite(user, custom: ["ж": "😀\u{2028}\"\\"]).expectCall(.inviting, status: 201)
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        for device in devices { try await device.next(.callEnded, of: call.id) }
        for name in ["cursor", "id", "type", "time", "callId", "callSeq", "actor", "data"] {
            let values = devices.map { $0.heard.map { $0.json[name]?.text.utf8 ?? [] } }
            try expect(values.allSatisfy { $0 == values[0] }, "`\(name)` differs between the transports")
        }
    }

    private static func burst(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        for number in 0..<100 {
            try await call.caller.perform(.addCandidates, on: call.id, .candidates("\(number)")).expect(202)
        }
        try await call.hangUp()
        let numbers = call.callee.heard.flatMap { $0.data?.list("candidates") ?? [] }.map {
            $0.text("candidate") ?? "none"
        }
        try expectEqual(numbers, (0..<100).map { "\($0)" }, "the candidates in their order")
    }

    private static func thirdUser(_ context: ConformanceContext) async throws {
        let masha = try await context.callee("masha")
        let call = try await context.call(.active)
        try await call.offer(by: call.caller)
        try await call.hangUp()
        let bell = try await call.caller.call(masha)
        let others = masha.heard.filter { $0.callId != bell.id }
        try expect(others.isEmpty, "\(masha) has heard of a call of others: \(others)")
    }
}
