import RingbackModel

/// Repeating a transition that has already happened gets 200 with the current call, and is not announced again.
enum RepeatCases {
    static let all = [
        ConformanceCase("Repeating a transition is 200 and is not announced again", .resources, body: repeats),
        ConformanceCase("Repeating a decline is 200 and is not announced again", .resources) {
            try await repeatEnding($0, .decline, of: \.callee, heardBy: \.caller)
        },
        ConformanceCase("Repeating a cancel is 200 and is not announced again", .resources) {
            try await repeatEnding($0, .cancel, of: \.caller, heardBy: \.callee)
        },
        ConformanceCase("After one side has hung up the other's hangup is 200", .call, body: bothHangUp),
    ]

    private static func repeats(_ context: ConformanceContext) async throws {
        let call = try await context.call(.inviting)
        let (vasya, petya) = (call.caller, call.callee)
        for _ in 0..<3 { try await petya.perform(.alerting, on: call.id).expectCall(.ringing) }
        for _ in 0..<3 { try await petya.perform(.accept, on: call.id).expectCall(.connecting) }
        try await petya.perform(.alerting, on: call.id).expectCall(.connecting)
        for _ in 0..<3 { try await vasya.perform(.connected, on: call.id).expectCall(.connecting) }
        try await petya.perform(.connected, on: call.id).expectCall(.active)
        for device in [petya, vasya] { try await device.perform(.connected, on: call.id).expectCall(.active) }
        try await petya.perform(.accept, on: call.id).expectCall(.active)
        try await vasya.perform(.hangUp, on: call.id).expectCall(.ended)
        let again = try await vasya.perform(.hangUp, on: call.id, ["reason": "ice_failed"]).expectCall(.ended)
        try expectEqual(again.reason, "completed", "the reason after a second hangup with another")
        try await petya.next(.callEnded, of: call.id)
        try await WholeCallCases.barrier(call)
        for type in [EventType.callRinging, .callAccepted, .callActive] {
            try expectEqual(vasya.count(type, of: call.id), 1, "how often the caller hears \(type.rawValue)")
        }
        for type in [EventType.callIncoming, .callEnded] {
            try expectEqual(petya.count(type, of: call.id), 1, "how often the callee hears \(type.rawValue)")
        }
    }

    private static func repeatEnding(
        _ context: ConformanceContext, _ operation: APIOperation, of actor: KeyPath<TestCall, TestDevice>,
        heardBy other: KeyPath<TestCall, TestDevice>
    ) async throws {
        let call = try await context.call(.ringing)
        let first = try await call[keyPath: actor].perform(operation, on: call.id).expectCall(.ended)
        let second = try await call[keyPath: actor].perform(operation, on: call.id).expectCall(.ended)
        try expectEqual(second.json.text("endedAt"), first.json.text("endedAt") ?? "", "endedAt after the repetition")
        try expectEqual(second.reason, first.reason ?? "", "the reason after the repetition")
        try await call[keyPath: other].next(.callEnded, of: call.id)
        try await WholeCallCases.barrier(call)
        try expectEqual(call[keyPath: other].count(.callEnded, of: call.id), 1, "how often call.ended is heard")
    }

    private static func bothHangUp(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        try await call.caller.perform(.hangUp, on: call.id).expectCall(.ended)
        let view = try await call.callee.perform(.hangUp, on: call.id, ["reason": "media_failed"]).expectCall(.ended)
        try expectEqual(view.reason, "completed", "the reason stays the first one's")
        try expectEqual(view.json.text("endedBy.userId"), call.caller.user.userId, "endedBy stays the first one")
        try await call.callee.next(.callEnded, of: call.id)
    }
}
