import RingbackModel

/// Delivery of offers, answers, candidates and media states to the other side.
enum DescriptionCases {
    static let all = [
        ConformanceCase("An offer and an answer arrive byte for byte", .call, body: descriptions),
        ConformanceCase(
            "Candidates arrive in order, both ways, the end of candidates too", .negotiations, body: candidates),
        ConformanceCase(
            "Candidates may come before the offer and before the answer", .negotiations, body: earlyCandidates),
        ConformanceCase(
            "The other side's stored candidates can be paged", .resources, scope: .eachTransport, body: pages),
        ConformanceCase("Media state changes without SDP and is sent to the other side", .call, body: media),
        ConformanceCase("A participant posts a quality summary", .call, scope: .eachTransport, body: quality),
    ]

    /// SDP with escapes, line ends and non-ASCII characters: its JSON as sent, and its content.
    private static let sdp = (
        json:
            #""v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\u0451\u0436 \ud83d\ude00 \"q\" \\ \/ \u2028 \t\u0000é\r\na=tool:日本 ё́\r\n""#,
        text: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=ёж 😀 \"q\" \\ / \u{2028} \t\u{0}é\r\na=tool:日本 ё́\r\n"
    )

    private static func descriptions(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        let offer = JSONLiteral.object([("description", .object([("type", "offer"), ("sdp", .raw(sdp.json))]))])
        let sent = try await vasya.perform(.sendOffer, on: call.id, offer).expect(201)
        let heard = try await petya.next(.callOffer, of: call.id)
        let read = try await petya.perform(.getOffer, on: call.id).expect(200)
        for json in [sent, heard.data, read] { try check(json, type: "offer", call, from: vasya) }
        try expectEqual(sent.flag("iceRestart"), false, "iceRestart")

        let answer = JSONLiteral.object([
            ("negotiation", 1), ("description", .object([("sdp", .raw(sdp.json)), ("type", "answer")])),
        ])
        let answered = try await petya.perform(.sendAnswer, on: call.id, answer).expect(201)
        let answerHeard = try await vasya.next(.callAnswer, of: call.id)
        let answerRead = try await vasya.perform(.getAnswer, on: call.id).expect(200)
        for json in [answered, answerHeard.data, answerRead] { try check(json, type: "answer", call, from: petya) }
    }

    private static func check(_ json: JSONSlice?, type: String, _ call: TestCall, from device: TestDevice) throws {
        guard let json else { throw ConformanceFailure("expected an \(type)") }
        try expectEqual(json.text("callId"), call.id, "callId of the \(type)")
        try expectEqual(json.number("negotiation"), 1, "negotiation of the \(type)")
        try expectEqual(json.text("description.type"), type, "description.type")
        try expectEqual(json.text("from.deviceId"), device.deviceId, "from.deviceId of the \(type)")
        try expectEqual(json.text("from.userId"), device.user.userId, "from.userId of the \(type)")
        try expect(json.text("createdAt").flatMap { Timestamp($0) } != nil, "createdAt: \(json.excerpt)")
        let bytes = json.text("description.sdp").map { Array($0.utf8) }
        try expect(bytes == Array(sdp.text.utf8), "the sdp is the one that was sent: \(json.excerpt)")
    }

    private static func candidates(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        let number = try await call.offer(by: vasya)
        try await call.answer(by: petya, negotiation: number)
        for (from, to) in [(vasya, petya), (petya, vasya)] {
            let batches = [["candidate:1", "candidate:2", "candidate:3"], ["candidate:4"], ["candidate:5", ""]]
            for batch in batches {
                let data: JSONLiteral = [
                    "candidates": .array(
                        batch.map {
                            ["candidate": .string($0), "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "uf"]
                        })
                ]
                let answer = try await from.perform(.addCandidates, on: call.id, data).expect(202)
                try expectEqual(answer.number("accepted"), batch.count, "accepted")
                try expectEqual(answer.text("callId"), call.id, "callId")
            }
            var arrived: [String] = []
            while arrived.count < 6 {
                let event = try await to.next(.callCandidates, of: call.id)
                try expectEqual(event.actorDeviceId, from.deviceId, "who sent the candidates")
                for candidate in event.data?.list("candidates") ?? [] {
                    try expectEqual(
                        candidate.text("usernameFragment"), "uf", "usernameFragment in \(candidate.excerpt)")
                    try expectEqual(candidate.number("sdpMLineIndex"), 0, "sdpMLineIndex in \(candidate.excerpt)")
                    arrived.append(candidate.text("candidate") ?? "none")
                }
            }
            try expectEqual(arrived, batches.flatMap { $0 }, "the candidates that \(to) heard")
        }
    }

    private static func earlyCandidates(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        try await petya.perform(.addCandidates, on: call.id, .candidates("before the offer")).expect(202)
        let number = try await call.offer(by: vasya)
        try await vasya.perform(.addCandidates, on: call.id, .candidates("before the answer")).expect(202)
        let early = try await petya.next(.callCandidates, of: call.id)
        try expectEqual(early.data?.text("candidates.0.candidate"), "before the answer", "the caller's candidate")
        try await call.answer(by: petya, negotiation: number)
        let earliest = try await vasya.next(.callCandidates, of: call.id)
        try expectEqual(earliest.data?.text("candidates.0.candidate"), "before the offer", "the callee's candidate")
    }

    private static func pages(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        try await call.caller.perform(.addCandidates, on: call.id, .candidates("1", "2", "3")).expect(202)
        try await call.callee.perform(.addCandidates, on: call.id, .candidates("mine")).expect(202)
        try await call.caller.perform(.addCandidates, on: call.id, .candidates("4", "5")).expect(202)
        var read: [String] = []
        var after: JSONLiteral?
        for _ in 0..<6 where read.count < 5 {
            var data: JSONLiteral = ["limit": 2]
            if let after { data = data.adding("after", after) }
            let page = try await call.callee.perform(.listCandidates, on: call.id, data).expect(200)
            for item in page.list("items") {
                try expectEqual(item.text("from.deviceId"), call.caller.deviceId, "from.deviceId in \(item.excerpt)")
                read.append(item.text("candidate.candidate") ?? "none")
            }
            guard let position = page.list("items").last?.number("position") else { break }
            after = .integer(position)
        }
        try expectEqual(read, ["1", "2", "3", "4", "5"], "the other side's candidates, paged")
    }

    private static func media(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        for (from, to) in [(call.caller, call.callee), (call.callee, call.caller)] {
            let state: JSONLiteral = [
                "camera": ["kind": "video", "muted": true], "mic": ["kind": "audio", "muted": false], "held": true,
            ]
            let view = try await from.perform(.setMedia, on: call.id, state).expectCall(.active)
            try expectEqual(view.participant(from)?.flag("media.camera.muted"), true, "the participant's own media")
            let event = try await to.next(.callMedia, of: call.id)
            try expectEqual(event.actorDeviceId, from.deviceId, "whose media changed")
            try expectEqual(event.data?.flag("media.held"), true, "media.held in \(event.json.excerpt)")
            try expectEqual(event.data?.text("media.mic.kind"), "audio", "media.mic.kind in \(event.json.excerpt)")
        }
        try await call.hangUp()
    }

    private static func quality(_ context: ConformanceContext) async throws {
        let call = try await context.call(.active)
        let summary: JSONLiteral = ["roundTripTimeMs": 31, "packetsLost": 2]
        try await call.caller.perform(.reportQuality, on: call.id, summary).expect(204)
        try await call.hangUp()
        try await call.callee.perform(.reportQuality, on: call.id, summary).expect(204)
    }
}
