import NIOHTTP1
import RingbackModel

/// Limits: the largest accepted value, and one more.
enum BoundCases {
    static let all = [
        ConformanceCase("A body over 256 KiB is 413", .errors, scope: .once, body: body),
        ConformanceCase("An SDP may have 128 KiB", .errors, scope: .eachTransport, body: sdp),
        ConformanceCase(
            "A candidate may have 2 KiB, a batch 1 to 64", .errors, scope: .eachTransport, body: candidates),
        ConformanceCase("A message may have 200 characters", .errors, scope: .eachTransport, body: message),
        ConformanceCase("`custom` may have 4 KiB", .errors, scope: .eachTransport, body: custom),
        ConformanceCase("An idempotency key has 1 to 255 characters", .errors, scope: .once, body: key),
    ]

    private static func body(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let padding = String(repeating: "x", count: Limits.bodyBytes)
        let request = WireRequest.json(.POST, "/v1/calls", ["callee": "x", "custom": .string(padding)])
        try await vasya.http.send(request.authorized(by: vasya.token)).expectProblem(.payloadTooLarge)
        try await vasya.perform(.getMe).expect(200)
    }

    private static func sdp(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let most = String(repeating: "é", count: Limits.sdpBytes / 2)
        try await call.caller.perform(.sendOffer, on: call.id, .description("offer", most + "x"))
            .expectProblem(.payloadTooLarge)
        try await call.offer(by: call.caller, most)
        let event = call.callee.heard.last
        try expectEqual(
            event?.data?.text("description.sdp")?.utf8.count, Limits.sdpBytes, "bytes of the SDP that arrived")
    }

    private static func candidates(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let most = String(repeating: "c", count: Limits.candidateBytes)
        func add(_ lines: [String]) async throws -> OperationAnswer {
            let data: JSONLiteral = ["candidates": .array(lines.map { ["candidate": .string($0), "sdpMid": "0"] })]
            return try await call.caller.perform(.addCandidates, on: call.id, data)
        }
        try await add([most]).expect(202)
        try await add([most + "c"]).expectProblem(.payloadTooLarge)
        try await add(Array(repeating: "c", count: 64)).expect(202)
        try await add(Array(repeating: "c", count: 65)).expectProblem(.invalidRequest, .payloadTooLarge)
        try await add([]).expectProblem(.invalidRequest)
        try await call.hangUp()
        let arrived = call.callee.heard.flatMap { $0.data?.list("candidates") ?? [] }
        try expectEqual(arrived.count, 65, "candidates that arrived")
    }

    private static func message(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let most = String(repeating: "ж", count: 200)
        try await call.callee.perform(.decline, on: call.id, ["message": .string(most + "ж")])
            .expectProblem(.invalidRequest)
        try await call.callee.perform(.decline, on: call.id, ["message": .string(most)]).expectCall(.ended)
    }

    private static func custom(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let most = String(repeating: "c", count: Limits.customBytes - 2)
        try await vasya.invite(petya.user, custom: .string(most + "c")).expectProblem(.invalidRequest, .payloadTooLarge)
        let call = try await vasya.invite(petya.user, custom: .string(most)).expectCall(.inviting, status: 201)
        let incoming = try await petya.next(.callIncoming)
        try expectEqual(incoming.callId, call.id, "the call that rings")
        try expectEqual(try incoming.call().json.text("custom"), most, "custom")
    }

    private static func key(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        for key in [String(repeating: "k", count: 256), "a b"] {
            try await vasya.invite(petya.user, key: key).expectProblem(.invalidRequest)
        }
        try await vasya.invite(petya.user, key: String(repeating: "k", count: 255)).expect(201)
    }
}
