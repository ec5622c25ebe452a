import RingbackModel

/// The ways in which a device can end a call.
enum EndingCases {
    static let all =
        [
            ConformanceCase("The callee declines with a message", .call, body: decline),
            ConformanceCase("The callee declines before anything rings", .call, body: earlyDecline),
            ConformanceCase(
                "The caller cancels a ringing call, which the callee has missed", .call, body: cancelRinging),
            ConformanceCase("The caller cancels before anything rings", .call, body: cancelInviting),
            ConformanceCase("A device accepts without having reported that it rings", .call, body: acceptInviting),
            ConformanceCase("The callee hangs up", .call, body: calleeHangsUp),
        ]
        + ["completed", "ice_failed", "media_failed", "unsupported"].flatMap { reason in
            [Call.State.connecting, .active].map { state in
                ConformanceCase(
                    "A call that is \(state.rawValue) is hung up as \(reason)", .call, scope: .eachTransport
                ) {
                    try await hangUp($0, state, reason)
                }
            }
        }

    private static func decline(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let message = String(repeating: "é", count: 199) + "ж"
        let ended = try await call.callee.perform(.decline, on: call.id, ["message": .string(message)]).expectCall(
            .ended)
        for view in [ended, try await call.caller.next(.callEnded, of: call.id).call()] {
            try check(view, "declined", sipStatus: 603, by: call.callee)
            try expectEqual(view.json.text("message"), message, "the message of the one who declined")
        }
    }

    private static func earlyDecline(_ context: ConformanceContext) async throws {
        let call = try await context.call(.inviting)
        try await call.callee.perform(.decline, on: call.id).expectCall(.ended)
        let view = try await call.caller.next(.callEnded, of: call.id).call()
        try check(view, "declined", sipStatus: 603, by: call.callee)
        try expect(view.json["message"] == nil, "without a message there is none: \(view.json.excerpt)")
    }

    private static func cancelRinging(_ context: ConformanceContext) async throws {
        try await cancel(context.call(.ringing))
    }

    private static func cancelInviting(_ context: ConformanceContext) async throws {
        try await cancel(context.call(.inviting))
    }

    private static func cancel(_ call: TestCall) async throws {
        let ended = try await call.caller.perform(.cancel, on: call.id).expectCall(.ended)
        for view in [ended, try await call.callee.next(.callEnded, of: call.id).call()] {
            try check(view, "canceled", sipStatus: 487, by: call.caller)
        }
        for (device, direction, missed) in [(call.callee, "incoming", true), (call.caller, "outgoing", false)] {
            let history = try await device.perform(.listCalls).expect(200)
            let entry = history.list("items").first { $0.text("callId") == call.id }
            try expectEqual(entry?.text("direction"), direction, "direction in \(device)'s history")
            try expectEqual(entry?.flag("missed"), missed, "missed in \(device)'s history")
        }
    }

    private static func acceptInviting(_ context: ConformanceContext) async throws {
        let call = try await context.call(.inviting)
        try await call.accept()
        try await call.hangUp()
        try call.caller.expectUnheard(.callRinging, because: "no device has reported that it rings")
    }

    private static func calleeHangsUp(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        let ended = try await call.callee.perform(.hangUp, on: call.id).expectCall(.ended)
        for view in [ended, try await call.caller.next(.callEnded, of: call.id).call()] {
            try check(view, "completed", sipStatus: 200, by: call.callee)
        }
    }

    private static func hangUp(_ context: ConformanceContext, _ state: Call.State, _ reason: String) async throws {
        let call = try await context.call(state)
        let ended = try await call.caller.perform(.hangUp, on: call.id, ["reason": .string(reason)]).expectCall(.ended)
        for view in [ended, try await call.callee.next(.callEnded, of: call.id).call()] {
            try check(view, reason, sipStatus: nil, by: call.caller)
        }
    }

    private static func check(_ call: CallView, _ reason: String, sipStatus: Int?, by device: TestDevice) throws {
        try expectEqual(call.state, "ended", "the state")
        try expectEqual(call.reason, reason, "the reason")
        try expectEqual(call.json.text("endedBy.userId"), device.user.userId, "endedBy.userId")
        try expectEqual(call.json.text("endedBy.deviceId"), device.deviceId, "endedBy.deviceId")
        try expect(call.json.text("endedAt") != nil, "an ended call has endedAt: \(call.json.excerpt)")
        try expect((call.json.number("ringSeconds") ?? -1) >= 0, "an ended call has ringSeconds: \(call.json.excerpt)")
        try expect(call.json.text("expiresAt") == nil, "an ended call does not expire: \(call.json.excerpt)")
        if let sipStatus { try expectEqual(call.json.number("sipStatus"), sipStatus, "sipStatus") }
        try expect(call.json.number("sipStatus") != nil, "an ended call has a SIP status: \(call.json.excerpt)")
    }
}
