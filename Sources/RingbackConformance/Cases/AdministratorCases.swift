import NIOHTTP1
import RingbackModel

/// Operations for administrators.
enum AdministratorCases {
    static let all = [
        ConformanceCase(
            "An administrator ends a call in any state", .call, scope: .eachTransport, needs: [.administrator],
            body: end)
    ]

    private static func end(_ context: ConformanceContext) async throws {
        for state in [Call.State.inviting, .ringing, .connecting, .active] {
            let call = try await context.call(state)
            let request = WireRequest(.POST, "/v1/calls/\(call.id)/end")
                .authorized(by: context.administratorToken ?? "")
            for _ in 0..<2 {
                let answer = try await context.http.send(request).expectJSON(200)
                try expectEqual(answer.text("reason"), "admin", "the reason")
            }
            for device in [call.caller, call.callee] {
                let ended = try await device.next(.callEnded, of: call.id)
                try expectEqual(try ended.call().reason, "admin", "the reason that \(device) receives")
                try expect(ended.actorDeviceId == nil, "no device has ended the call: \(ended.json.excerpt)")
            }
        }
    }
}
