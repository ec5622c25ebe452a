import RingbackModel

/// Users and devices on which calls do not ring.
enum QuietCases {
    static let all = [
        ConformanceCase("A user who is not to be disturbed misses the call", .call, body: doNotDisturb),
        ConformanceCase("A muted device is told not to ring, and may accept", .call, body: muted),
        ConformanceCase("A missed call that was seen is so on every device", .call, body: seen),
    ]

    private static func doNotDisturb(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let setting: JSONLiteral = ["doNotDisturb": ["until": "9999-12-31T00:00:00.000Z"]]
        try await petya.perform(.updateMe, setting).expect(200)
        let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
        let tablet = try await context.signIn(petya.user, over: context.mix.caller)
        try expectEqual(try await tablet.listen().snapshot?.count ?? -1, 0, "the calls in a snapshot")
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        for device in [petya, tablet] {
            try await device.next(.callEnded, of: call.id)
            try device.expectUnheard(.callIncoming, because: "the user is not to be disturbed")
        }
        let history = try await petya.perform(.listCalls, ["limit": 1]).expect(200)
        try expectEqual(history.list("items").first?.flag("missed"), true, "missed in the history")

        try await petya.perform(.updateMe, ["doNotDisturb": .object([])]).expect(200)
        let second = try await vasya.call(petya)
        try await vasya.perform(.cancel, on: second.id).expectCall(.ended)
    }

    private static func muted(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let tablet = try await context.sibling(of: petya, over: context.mix.caller)
        let device = JSONLiteral.string(tablet.deviceId)
        let answer = try await petya.perform(.updateSession, ["deviceId": device, "muted": true]).expect(200)
        try expectEqual(answer.flag("muted"), true, "the device")
        let call = try await vasya.call(petya)
        let event = try await tablet.next(.callIncoming, of: call.id)
        try expectEqual(
            event.data?["mutedDevices"]?.elements?.compactMap(\.string) ?? [], [tablet.deviceId], "mutedDevices")
        try expectEqual(try await tablet.listen().snapshot?.count ?? -1, 0, "the calls in the snapshot of \(tablet)")
        try await tablet.perform(.accept, on: call.id).expectCall(.connecting)
        try await vasya.next(.callAccepted, of: call.id)
        try await vasya.perform(.hangUp, on: call.id).expectCall(.ended)
    }

    private static func seen(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let tablet = try await context.sibling(of: petya, over: context.mix.caller)
        let call = try await vasya.call(petya)
        try await petya.perform(.markSeen, on: call.id).expectProblem(.invalidTransition, callState: .inviting)
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        try await vasya.perform(.markSeen, on: call.id).expectProblem(.forbidden)
        for _ in 0..<2 { try await petya.perform(.markSeen, on: call.id).expect(204) }
        let event = try await tablet.next(.callSeen, of: call.id)
        try expect(event.data?.text("until").flatMap { Timestamp($0) } != nil, "a time: \(event.json.excerpt)")
        for device in [petya, tablet] {
            let history = try await device.perform(.listCalls, ["limit": 1]).expect(200)
            try expectEqual(history.list("items").first?.flag("seen"), true, "seen in the history of \(device)")
        }
        try vasya.expectUnheard(.callSeen, because: "it is the callee's")
    }
}
