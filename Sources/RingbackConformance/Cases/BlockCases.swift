import RingbackModel

/// A block is not disclosed: the blocked caller cannot detect it, and the callee is not notified of the call.
enum BlockCases {
    static let all = [
        ConformanceCase(
            "A blocked caller sees a call like any other, and the callee learns nothing", .call, body: block),
        ConformanceCase("A blocked caller can cancel", .call, scope: .eachTransport, body: cancel),
        ConformanceCase("After an unblock it rings again", .call, body: unblock),
        ConformanceCase("A block is listed for the user who created it", .resources, scope: .eachTransport, body: list),
    ]

    private static func block(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let usual = try await vasya.call(petya)
        let before = try await usual.current(by: vasya)
        try await vasya.perform(.cancel, on: usual.id).expectCall(.ended)
        try await petya.next(.callEnded, of: usual.id)

        try await petya.perform(.blockUser, ["userId": .string(vasya.user.userId)]).expect(204)
        let blocked = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
        let after = try await TestCall(id: blocked.id, caller: vasya, callee: petya).current(by: vasya)
        try expectEqual(
            after.json.members?.map(\.name), before.json.members?.map(\.name) ?? [],
            "the fields that a blocked caller sees")
        try expectEqual(
            after.json["legs"]?.excerpt, before.json["legs"]?.excerpt ?? "", "the legs that a blocked caller sees")

        for (operation, data) in RoleCases.requests {
            try await petya.perform(operation, on: blocked.id, data).expectProblem(.notFound)
        }
        let masha = try await context.caller("masha")
        let bell = try await masha.call(petya)
        try await vasya.perform(.cancel, on: blocked.id).expectCall(.ended)
        try await masha.perform(.cancel, on: bell.id).expectCall(.ended)
        try await petya.next(.callEnded, of: bell.id)
        let told = petya.heard.filter { $0.callId == blocked.id }
        try expect(told.isEmpty, "the callee heard of a blocked call: \(told)")
        let history = try await petya.perform(.listCalls).expect(200)
        try expect(
            !history.list("items").contains { $0.text("callId") == blocked.id },
            "the callee's history has the blocked call: \(history.excerpt)")
        let tablet = try await context.signIn(petya.user, over: petya.transport)
        let snapshot = try await tablet.listen().snapshot ?? []
        try expect(snapshot.isEmpty, "a snapshot of the callee has \(snapshot.map(\.json.excerpt))")
    }

    private static func cancel(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        try await petya.perform(.blockUser, ["userId": .string(vasya.user.userId)]).expect(204)
        let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
        let ended = try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        try expectEqual(ended.reason, "canceled", "the reason")
        try expectEqual(ended.json.number("sipStatus"), 487, "sipStatus")
    }

    private static func unblock(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        try await petya.perform(.blockUser, ["userId": .string(vasya.user.userId)]).expect(204)
        try await petya.perform(.unblockUser, ["userId": .string(vasya.user.userId)]).expect(204)
        let call = try await vasya.call(petya)
        try await call.ring()
        try await call.accept()
    }

    private static func list(_ context: ConformanceContext) async throws {
        let petya = try await context.callee()
        let vasya = try await context.user("vasya")
        for _ in 0..<2 { try await petya.perform(.blockUser, ["userId": .string(vasya.userId)]).expect(204) }
        let page = try await petya.perform(.listBlocks).expect(200)
        try expectEqual(page.list("items").map { $0.text("userId") ?? "" }, [vasya.userId], "the blocked users")
        try expect(page.text("items.0.createdAt") != nil, "a block has createdAt: \(page.excerpt)")
        try await petya.perform(.unblockUser, ["userId": .string(vasya.userId)]).expect(204)
        let empty = try await petya.perform(.listBlocks).expect(200)
        try expect(empty.list("items").isEmpty, "nobody is blocked: \(empty.excerpt)")
    }
}
