import RingbackModel

/// Idempotency keys.
enum IdempotencyCases {
    static let all = [
        ConformanceCase("An invitation repeated with its key is one invitation", .resources, body: invite),
        ConformanceCase("A key used for another body is refused", .resources, scope: .eachTransport, body: mismatch),
        ConformanceCase("A key belongs to a device", .resources, scope: .eachTransport, body: perDevice),
        ConformanceCase("Signaling repeated with its key is delivered once", .resources, body: signaling),
    ]

    private static func invite(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let first = try await vasya.invite(petya.user, custom: ["n": 1], key: "invitation-1")
        let call = try first.expectCall(.inviting, status: 201)
        try await petya.next(.callIncoming, of: call.id)
        try await petya.perform(.alerting, on: call.id).expectCall(.ringing)
        let again = try await vasya.invite(petya.user, custom: ["n": 1], key: "invitation-1")
        try expectEqual(again.status, 201, "the replayed status")
        try expectEqual(again.json?.excerpt, first.json?.excerpt ?? "", "the replayed answer")
        try expectEqual(again.json?.text.utf8, first.json?.text.utf8 ?? [], "the replayed bytes")
        if let location = first.location { try expectEqual(again.location, location, "the replayed Location") }
        let page = try await vasya.perform(.listCalls).expect(200)
        try expectEqual(page.list("items").count, 1, "calls in the history")
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        try await petya.next(.callEnded, of: call.id)
        try expectEqual(petya.count(.callIncoming), 1, "how often the callee hears call.incoming")
    }

    private static func mismatch(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let call = try await vasya.invite(petya.user, key: "k").expectCall(.inviting, status: 201)
        try await vasya.invite(petya.user, ringSeconds: 20, key: "k").expectProblem(.idempotencyMismatch)
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        try await petya.next(.callEnded, of: call.id)
        try expectEqual(petya.count(.callIncoming), 1, "how often the callee hears call.incoming")
    }

    private static func perDevice(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let masha = try await context.caller("masha")
        let calls = try await [vasya, masha].asyncMap {
            try await $0.invite(petya.user, key: "the-same").expectCall(.inviting, status: 201).id
        }
        try expect(Set(calls).count == 2, "two devices with one key make two calls: \(calls)")
        for call in calls { try await petya.next(.callIncoming, of: call) }
    }

    private static func signaling(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        let requests: [(APIOperation, JSONLiteral, Int)] = [
            (.sendOffer, .description("offer", "v=0\r\n"), 201), (.addCandidates, .candidates("a", "b"), 202),
            (.setMedia, ["held": true], 200),
        ]
        for (index, (operation, data, status)) in requests.enumerated() {
            let first = try await vasya.perform(operation, on: call.id, data, key: "signal-\(index)").expect(status)
            let again = try await vasya.perform(operation, on: call.id, data, key: "signal-\(index)").expect(status)
            try expectEqual(again.text.utf8, first.text.utf8, "the replayed answer of \(operation.rawValue)")
        }
        try await call.hangUp()
        for type in [EventType.callOffer, .callCandidates, .callMedia] {
            try expectEqual(petya.count(type), 1, "how often the callee hears \(type.rawValue)")
        }
        let page = try await petya.perform(.listCandidates, on: call.id).expect(200)
        try expectEqual(page.list("items").count, 2, "stored candidates")
    }
}

extension Array {
    /// Like `map`, one element after the other.
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
