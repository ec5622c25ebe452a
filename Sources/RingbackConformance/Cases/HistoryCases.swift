import RingbackModel

/// The history, and other resources that can be read.
enum HistoryCases {
    static let all = [
        ConformanceCase(
            "The history is newest first, in pages, and each sees its own side", .resources, scope: .eachTransport,
            body: pages),
        ConformanceCase(
            "The history can be narrowed to live calls and to one person", .resources, scope: .eachTransport,
            body: filters),
        ConformanceCase(
            "The timeline tells what happened, without SDP and addresses", .resources, scope: .eachTransport,
            body: timeline),
        ConformanceCase(
            "ICE servers come with their time to live", .resources, scope: .eachTransport, body: iceServers),
        ConformanceCase("A profile, and the directory by prefix", .resources, scope: .eachTransport, body: users),
    ]

    private static func pages(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        var made: [String] = []
        for _ in 0..<5 {
            let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
            try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
            made.append(call.id)
        }
        for (device, direction) in [(vasya, "outgoing"), (petya, "incoming")] {
            var read: [String] = []
            var before: JSONLiteral?
            for page in 1...4 {
                var data: JSONLiteral = ["limit": 2]
                if let before { data = data.adding("before", before) }
                let answer = try await device.perform(.listCalls, data).expect(200)
                for item in answer.list("items") {
                    read.append(item.text("callId") ?? "none")
                    try expectEqual(item.text("direction"), direction, "direction in \(item.excerpt)")
                    try expectEqual(item.flag("missed"), direction == "incoming", "missed in \(item.excerpt)")
                }
                guard let next = answer.text("next") else { break }
                try expect(page < 4, "five calls fit into three pages of two")
                before = .string(next)
            }
            try expectEqual(read, made.reversed(), "the history of \(device)")
        }
    }

    private static func filters(_ context: ConformanceContext) async throws {
        let ended = try await context.call(.ended)
        let vasya = ended.caller
        let masha = try await context.callee("masha")
        let live = try await vasya.call(masha)
        let rows: [(JSONLiteral, [String])] = [
            ([:], [live.id, ended.id]), (["state": "live"], [live.id]), (["state": "ended"], [ended.id]),
            (["with": .string(masha.user.userId)], [live.id]),
            (["with": .string(ended.callee.user.userId)], [ended.id]),
            (["with": .string(masha.user.userId), "state": "ended"], []), (["state": "inviting"], [live.id]),
        ]
        for (data, wanted) in rows {
            let page = try await vasya.perform(.listCalls, data).expect(200)
            try expectEqual(
                page.list("items").map { $0.text("callId") ?? "none" }, wanted,
                "calls for \(String(decoding: data.utf8, as: UTF8.self))")
        }
        try await vasya.perform(.listCalls, ["state": "sleeping"]).expectProblem(.invalidRequest)
    }

    private static func timeline(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let number = try await call.offer(by: call.caller, "v=0\r\ns=secret-of-the-offer\r\n")
        try await call.answer(by: call.callee, negotiation: number, "v=0\r\ns=secret-of-the-answer\r\n")
        try await call.caller.perform(.addCandidates, on: call.id, .candidates("candidate:1 udp 192.0.2.17 4711"))
            .expect(202)
        try await call.hangUp()
        for device in [call.caller, call.callee] {
            let items = try await device.perform(.getTimeline, on: call.id).expect(200)
            let seqs = items.list("items").compactMap { $0.number("seq") }
            try expect(seqs.count >= 5 && seqs == seqs.sorted(), "what happened, in order: \(items.excerpt)")
            for item in items.list("items") {
                try expect(
                    item.text("what") != nil && item.text("time").flatMap { Timestamp($0) } != nil,
                    "an entry has a time and what happened: \(item.excerpt)")
            }
            let text = String(decoding: items.text.utf8, as: UTF8.self)
            for secret in ["secret-of-the", "192.0.2.17"] {
                try expect(!text.contains(secret), "the timeline shows \(secret): \(items.excerpt)")
            }
        }
    }

    private static func iceServers(_ context: ConformanceContext) async throws {
        let answer = try await context.caller().perform(.getICEServers).expect(200)
        try expect((answer.number("ttlSeconds") ?? 0) > 0, "ttlSeconds: \(answer.excerpt)")
        try expect(answer["iceServers"]?.elements != nil, "iceServers is a list: \(answer.excerpt)")
        for server in answer.list("iceServers") { try expect(server["urls"] != nil, "urls: \(server.excerpt)") }
    }

    private static func users(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let me = try await vasya.perform(.getMe).expect(200)
        try expectEqual(me.text("busy"), "wait", "the policy at first")
        try await vasya.perform(.updateMe, ["displayName": "Вася 😀"]).expect(200)
        let other = try await context.caller("masha")
        let seen = try await other.perform(.getUser, ["userId": .string(vasya.user.userId)]).expect(200)
        try expectEqual(seen.text("displayName"), "Вася 😀", "the name that others see")
        try expect(seen["busy"] == nil, "the policy is for the user's own eyes: \(seen.excerpt)")
        let page = try await other.perform(.listUsers, ["prefix": .string(vasya.user.userId)]).expect(200)
        try expectEqual(page.list("items").map { $0.text("userId") ?? "none" }, [vasya.user.userId], "the directory")
    }
}
