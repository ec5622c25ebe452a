import RingbackModel

/// Presence and watch lists.
enum PresenceCases {
    static let all = [
        ConformanceCase(
            "A user with a connected device is online, one without is offline", .resources, body: onlineAndOffline),
        ConformanceCase("A user in a call, or calling, is busy", .resources, body: busy),
        ConformanceCase("A watching device is notified that a user becomes busy", .events, body: watching),
        ConformanceCase("A block looks like the user going offline", .resources, body: block),
        ConformanceCase("A user whose device is gone becomes offline", .resources, needs: [.time], body: gone),
        ConformanceCase(
            "A watch list is kept for the device and replaced as a whole", .resources, scope: .eachTransport, body: list
        ),
    ]

    private static func status(of device: TestDevice, by watcher: TestDevice) async throws -> String {
        let presence = try await watcher.perform(.getPresence, ["userId": .string(device.user.userId)]).expect(200)
        try expectEqual(presence.text("userId"), device.user.userId, "userId in \(presence.excerpt)")
        return presence.text("status") ?? "none"
    }

    private static func onlineAndOffline(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let petya = try await context.signIn(context.user("petya"), over: context.mix.callee)
        try expectEqual(try await status(of: petya, by: vasya), "offline", "before the device listens")
        try await petya.listen()
        try expectEqual(try await status(of: petya, by: vasya), "online", "while the device listens")
        try await vasya.perform(.getPresence, ["userId": "nobody-of-this-name~"]).expectProblem(
            .userNotFound, .notFound)
    }

    private static func gone(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        await petya.stopListening()
        try await context.pass(upTo: .seconds(90), keeping: vasya) {
            try await status(of: petya, by: vasya) == "offline"
        }
        let presence = try await vasya.perform(.getPresence, ["userId": .string(petya.user.userId)]).expect(200)
        try expectEqual(presence.text("status"), "offline", "the status of who is gone")
        try expect(
            presence.text("lastSeenAt").flatMap { Timestamp($0) } != nil, "when the user was seen: \(presence.excerpt)")
        try expectEqual(try await status(of: vasya, by: vasya), "online", "the status of who stayed")
    }

    private static func busy(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let masha = try await context.caller("masha")
        try expectEqual(try await status(of: call.caller, by: masha), "busy", "while the user calls")
        try await call.accept()
        try expectEqual(try await status(of: call.callee, by: masha), "busy", "in a call")
        try await call.hangUp()
        for device in [call.caller, call.callee] {
            try expectEqual(try await status(of: device, by: masha), "online", "after the call")
        }
    }

    private static func watching(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let masha = try await context.user("masha")
        let list = try await vasya.perform(.setWatching, ["userIds": [.string(petya.user.userId)]]).expect(200)
        try expectEqual(list.text("items.0.status"), "online", "the status when the watch begins")
        // Presence is not stored: a change between two polls is not delivered. So the change is repeated until it is
        // received.
        for attempt in 1...10 {
            async let heard = vasya.next(.presence, within: .seconds(attempt)) {
                $0.data?.text("userId") == petya.user.userId && $0.data?.text("status") == "busy"
            }
            let call = try await petya.invite(masha).expectCall(.inviting, status: 201)
            let event = try? await heard
            try await petya.perform(.cancel, on: call.id).expectCall(.ended)
            if let event {
                try expect(event.callId == nil, "presence belongs to no call: \(event.json.excerpt)")
                return
            }
        }
        throw ConformanceFailure("the watcher did not hear that the user became busy, ten times: \(vasya.heard)")
    }

    private static func block(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let masha = try await context.caller("masha")
        await masha.stopListening()
        let watched: [JSONLiteral] = [petya, masha].map { .string($0.user.userId) }
        let list = try await vasya.perform(.setWatching, ["userIds": .array(watched)]).expect(200)
        let petyas = list.list("items").first { $0.text("userId") == petya.user.userId }
        try expectEqual(petyas?.text("status"), "online", "the status before the block")
        // Presence is reported live only, not between two polls. Therefore the change is repeated until it is received.
        for attempt in 1...10 {
            async let gone = heard("offline", of: petya, by: vasya, within: .seconds(attempt))
            try await petya.perform(.blockUser, ["userId": .string(vasya.user.userId)]).expect(204)
            let wasTold = await gone
            try expectEqual(try await status(of: petya, by: vasya), "offline", "the status behind the block")
            let other = try await vasya.perform(.getPresence, ["userId": .string(masha.user.userId)]).expect(200)
            let blocked = try await vasya.perform(.getPresence, ["userId": .string(petya.user.userId)]).expect(200)
            if other.text("status") == "offline" {
                try expectEqual(
                    blocked.members?.map(\.name), other.members?.map(\.name) ?? [], "the members behind a block")
            }
            async let back = heard("online", of: petya, by: vasya, within: .seconds(attempt))
            try await petya.perform(.unblockUser, ["userId": .string(vasya.user.userId)]).expect(204)
            let isTold = await back
            try expectEqual(try await status(of: petya, by: vasya), "online", "the status after the block")
            if wasTold, isTold { return }
        }
        throw ConformanceFailure("the watcher did not hear of a block, ten times: \(vasya.heard)")
    }

    private static func heard(
        _ status: String, of device: TestDevice, by watcher: TestDevice, within time: Duration
    ) async -> Bool {
        let event = try? await watcher.next(.presence, within: time) {
            $0.data?.text("userId") == device.user.userId && $0.data?.text("status") == status
        }
        return event != nil
    }

    private static func list(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let users = [try await context.user("petya"), try await context.user("masha")]
        let both = try await vasya.perform(.setWatching, ["userIds": .array(users.map { .string($0.userId) })]).expect(
            200)
        try expectEqual(
            Set(both.list("items").compactMap { $0.text("userId") }), Set(users.map(\.userId)), "the watched")
        try expectEqual(
            both.list("items").map { $0.text("status") ?? "none" }, ["offline", "offline"], "their statuses")
        try await vasya.perform(.setWatching, ["userIds": [.string(users[1].userId)]]).expect(200)
        let one = try await vasya.perform(.getWatching).expect(200)
        try expectEqual(
            one.list("items").map { $0.text("userId") ?? "none" }, [users[1].userId], "the watched afterwards")
        let tooMany: JSONLiteral = ["userIds": .array((0...200).map { .string("user\($0)") })]
        try await vasya.perform(.setWatching, tooMany).expectProblem(.invalidRequest)
    }
}
