import RingbackModel

/// Invitations to a callee who is in a call already.
enum BusyCases {
    static let all = [
        ConformanceCase("A busy callee with the policy `reject` is not disturbed", .call, body: reject),
        ConformanceCase("With the policy `reject` a second device does not ring either", .call, body: rejectEverywhere),
        ConformanceCase("With the policy `wait` a second call rings on", .call, body: wait),
        ConformanceCase("After the call the policy `reject` lets calls through again", .call, body: rejectLater),
    ]

    /// A call that the callee is in, and another user who calls.
    private static func busy(
        _ context: ConformanceContext, _ policy: String?
    ) async throws -> (call: TestCall, masha: TestDevice) {
        let call = try await context.call(.connecting)
        if let policy {
            let me = try await call.callee.perform(.updateMe, ["busy": .string(policy)]).expect(200)
            try expectEqual(me.text("busy"), policy, "the policy")
        }
        return (call, try await context.caller("masha"))
    }

    private static func reject(_ context: ConformanceContext) async throws {
        let (call, masha) = try await busy(context, "reject")
        let answer = try await masha.invite(call.callee.user)
        let refused = try answer.expectCall(.ended, status: 201)
        try expectEqual(refused.reason, "busy", "the reason")
        try expectEqual(refused.json.number("sipStatus"), 486, "sipStatus")
        try await masha.perform(.cancel, on: refused.id).expectProblem(.invalidTransition, callState: .ended)
        try await call.callee.perform(.accept, on: refused.id).expectProblem(.invalidTransition, .notFound)
        try await call.hangUp()
        try call.callee.expectUnheard(.callIncoming, of: refused.id, because: "the callee is busy")
    }

    private static func rejectEverywhere(_ context: ConformanceContext) async throws {
        let (call, masha) = try await busy(context, "reject")
        let tablet = try await context.sibling(of: call.callee, over: context.mix.caller)
        let refused = try await masha.invite(call.callee.user).expectCall(.ended, status: 201)
        try await call.hangUp()
        try await tablet.next(.callEnded, of: call.id)
        try tablet.expectUnheard(.callIncoming, of: refused.id, because: "the user is busy")
    }

    private static func wait(_ context: ConformanceContext) async throws {
        let (call, masha) = try await busy(context, nil)
        let second = try await masha.call(call.callee)
        try await second.ring()
        try await second.accept()
        try expectEqual(try await call.current(by: call.callee).state, "connecting", "the first call meanwhile")
        try await call.hangUp()
        try expectEqual(try await second.current(by: masha).state, "connecting", "the second call afterwards")
        try await second.hangUp()
    }

    private static func rejectLater(_ context: ConformanceContext) async throws {
        let (call, masha) = try await busy(context, "reject")
        try await call.hangUp()
        let second = try await masha.call(call.callee)
        try await second.ring()
        try await masha.perform(.cancel, on: second.id).expectCall(.ended)
    }
}
