import RingbackModel

/// Users with several devices, each on a transport of its own.
enum DeviceCases {
    static let all = [
        ConformanceCase("All devices ring, the first accept wins, the others stop", .call, body: firstWins),
        ConformanceCase("Of accepts at the same time exactly one wins", .call, body: acceptRace),
        ConformanceCase("A decline stops the other devices", .call, body: declineElsewhere),
        ConformanceCase("A cancel stops all devices", .call, body: cancelStopsAll),
        ConformanceCase(
            "The caller's other devices do not ring, and receive the changes of the call", .shapes, body: callersOthers),
        ConformanceCase("Two devices of a user receive the same events in the same order", .events, body: sameOrder),
    ]

    /// A call that rings on two devices of the callee.
    private static func ringingTwice(
        _ context: ConformanceContext
    ) async throws -> (call: TestCall, second: TestDevice) {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let second = try await context.sibling(of: petya, over: context.mix.caller)
        let call = try await vasya.call(petya)
        try await second.next(.callIncoming, of: call.id)
        try await call.ring()
        try await second.perform(.alerting, on: call.id).expectCall(.ringing)
        return (call, second)
    }

    private static func firstWins(_ context: ConformanceContext) async throws {
        let (call, second) = try await ringingTwice(context)
        let view = try await call.callee.perform(.accept, on: call.id).expectCall(.connecting)
        try expectEqual(view.leg(of: second)?.state, "stopped", "the other device's leg")
        try expectEqual(view.leg(of: second)?.reason, "accepted_elsewhere", "why the other device's leg stopped")
        for device in [call.caller, second] {
            let event = try await device.next(.callAccepted, of: call.id)
            try expectEqual(event.actorDeviceId, call.callee.deviceId, "which device has accepted")
        }
        let stopped = try await second.next(.callStopped, of: call.id)
        try expectEqual(stopped.data?.text("reason"), "accepted_elsewhere", "the reason in call.stopped")
        try await second.perform(.accept, on: call.id).expectProblem(.alreadyAccepted, callState: .connecting)
        try await second.perform(.decline, on: call.id)
            .expectProblem(.alreadyAccepted, .invalidTransition, .notAParticipant)
        try await call.hangUp()
        let ended = try await second.next(.callEnded, of: call.id).call()
        try expectEqual(ended.reason, "completed", "the reason that the other device hears")
        for device in [call.caller, call.callee] {
            try device.expectUnheard(.callStopped, because: "only legs that did not win stop")
        }
    }

    private static func acceptRace(_ context: ConformanceContext) async throws {
        let (call, second) = try await ringingTwice(context)
        async let one = call.callee.perform(.accept, on: call.id)
        async let other = second.perform(.accept, on: call.id)
        let answers = try await [(call.callee, one), (second, other)]
        let winners = answers.filter { $0.1.status == 200 }
        try expectEqual(winners.count, 1, "devices that won, of \(answers.map(\.1))")
        guard let winner = winners.first?.0, let loser = answers.first(where: { $0.1.status != 200 }) else { return }
        try loser.1.expectProblem(.alreadyAccepted)
        let event = try await call.caller.next(.callAccepted, of: call.id)
        try expectEqual(event.actorDeviceId, winner.deviceId, "the device that the caller hears of")
        try expectEqual(try event.call().json.text("callee.deviceId"), winner.deviceId, "callee.deviceId")
        try await loser.0.next(.callStopped, of: call.id)
        try await call.caller.perform(.hangUp, on: call.id).expectCall(.ended)
        try await winner.next(.callEnded, of: call.id)
        try expectEqual(call.caller.count(.callAccepted), 1, "how often the caller hears call.accepted")
    }

    private static func declineElsewhere(_ context: ConformanceContext) async throws {
        let (call, second) = try await ringingTwice(context)
        let view = try await second.perform(.decline, on: call.id).expectCall(.ended)
        try expectEqual(view.leg(of: call.callee)?.state, "stopped", "the other device's leg")
        let stopped = try await call.callee.next(.callStopped, of: call.id)
        try expectEqual(stopped.data?.text("reason"), "declined_elsewhere", "the reason in call.stopped")
        for device in [call.caller, call.callee] {
            let ended = try await device.next(.callEnded, of: call.id).call()
            try expectEqual(ended.reason, "declined", "the reason that \(device) hears")
            try expectEqual(ended.json.text("endedBy.deviceId"), second.deviceId, "endedBy.deviceId")
        }
        try await call.callee.perform(.accept, on: call.id).expectProblem(.invalidTransition, callState: .ended)
    }

    private static func cancelStopsAll(_ context: ConformanceContext) async throws {
        let (call, second) = try await ringingTwice(context)
        let view = try await call.caller.perform(.cancel, on: call.id).expectCall(.ended)
        for device in [call.callee, second] {
            try expectEqual(view.leg(of: device)?.state, "stopped", "the leg of \(device)")
            try expectEqual(try await device.next(.callEnded, of: call.id).call().reason, "canceled", "the reason")
        }
    }

    private static func callersOthers(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let tablet = try await context.sibling(of: vasya, over: context.mix.callee)
        let call = try await vasya.call(petya)
        try await call.ring()
        try await tablet.next(.callRinging, of: call.id)
        try await call.accept()
        try await tablet.next(.callAccepted, of: call.id)
        try await call.activate()
        try await call.hangUp()
        let ended = try await tablet.next(.callEnded, of: call.id)
        try expectEqual(ended.actorDeviceId, vasya.deviceId, "the device that hung up")
        try tablet.expectUnheard(.callIncoming, .callStopped, because: "it is the caller's device and never rang")
        try vasya.expectUnheard(.callIncoming, because: "it is the caller's own invitation")
    }

    private static func sameOrder(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let laptop = try await context.sibling(of: petya, over: context.mix.caller)
        let watch = try await context.sibling(of: petya, over: context.mix.callee.next)
        var last = ""
        for round in 0..<6 {
            let call = try await vasya.call(petya)
            last = call.id
            if round % 2 == 0 { try await call.ring() }
            try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        }
        for device in [laptop, watch] { try await device.next(.callEnded, of: last) }
        try expect(laptop.heard.count >= 12, "two events of each of six calls: \(laptop.heard)")
        try expectEqual(laptop.heard.map(\.id), watch.heard.map(\.id), "what the laptop heard, against the watch")
        try expectEqual(laptop.heard.map(\.cursor), watch.heard.map(\.cursor), "the cursors of the laptop's events")
    }
}
