import NIOHTTP1
import RingbackModel

/// Cursors that are expired or invalid.
enum CursorCases {
    /// Has the form of a cursor, but belongs to no log.
    private static let foreign = "AnotherEpoch.1"

    static let all = [
        ConformanceCase(
            "A cursor of another log is 410 for a long-poll and a stream", .events, scope: .once, body: gone),
        ConformanceCase(
            "A WebSocket whose cursor has expired begins with a snapshot", .events, scope: .once, body: recoveredAnew),
        ConformanceCase("After 410 a device begins without a cursor", .events, scope: .once, body: beginsAnew),
        ConformanceCase("Text that can't be a cursor is refused", .events, scope: .once, body: notACursor),
        ConformanceCase(
            "A long-poll without events ends with its wait, an empty list and a cursor", .events, scope: .once,
            body: emptyPoll),
        ConformanceCase(
            "A page has at most as many events as asked for, and the rest follows", .events, scope: .once, body: limit),
        ConformanceCase("A cursor can be used twice, with the same result", .events, scope: .once, body: twice),
    ]

    private static func gone(_ context: ConformanceContext) async throws {
        let petya = try await context.callee()
        for target in ["/v1/events?waitSeconds=0&cursor=\(foreign)", "/v1/events/stream?cursor=\(foreign)"] {
            let response = try await petya.http.open(WireRequest(.GET, target).authorized(by: petya.token))
            guard case .refused(let refused) = response else {
                throw ConformanceFailure("\(target) was answered with 200")
            }
            try refused.expectProblem(.cursorExpired)
        }
    }

    private static func recoveredAnew(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let tablet = try await context.signIn(call.callee.user, over: .webSocket)
        tablet.adopt(cursor: foreign)
        let welcome = try await tablet.resume(over: .webSocket)
        try expectEqual(welcome.recovered, false, "recovered")
        try expectEqual(welcome.snapshot?.map(\.id), [call.id], "the calls of the snapshot")
        try await call.caller.perform(.cancel, on: call.id).expectCall(.ended)
        try await tablet.next(.callEnded, of: call.id)
    }

    private static func beginsAnew(_ context: ConformanceContext) async throws {
        for transport in [Transport.longPoll, .sse] {
            let call = try await context.call(.ringing)
            let tablet = try await context.signIn(call.callee.user, over: transport)
            tablet.adopt(cursor: foreign)
            do {
                try await tablet.resume()
                throw ConformanceFailure("a cursor of another log was taken over \(transport)")
            } catch let refused as ListeningRefused {
                try refused.response.expectProblem(.cursorExpired)
            }
            let welcome = try await tablet.listen()
            try expectEqual(welcome.snapshot?.map(\.id), [call.id], "the calls of the snapshot")
            try await call.caller.perform(.cancel, on: call.id).expectCall(.ended)
            try await tablet.next(.callEnded, of: call.id)
        }
    }

    private static func notACursor(_ context: ConformanceContext) async throws {
        let petya = try await context.callee()
        for cursor in [String(repeating: "A", count: 129), "%00%0a", "%20"] {
            let request = WireRequest(.GET, "/v1/events?waitSeconds=0&cursor=\(cursor)").authorized(by: petya.token)
            try await petya.http.send(request).expectProblem(.invalidRequest)
        }
    }

    private static func emptyPoll(_ context: ConformanceContext) async throws {
        let petya = try await context.signIn(context.user("petya"), over: .longPoll)
        let welcome = try await petya.listen()
        let start = ContinuousClock.now
        let target = "/v1/events?waitSeconds=1&cursor=\(percentEncoded(welcome.cursor))"
        let response = try await petya.http.send(WireRequest(.GET, target).authorized(by: petya.token))
        let page = try response.expectJSON(200)
        try expectEqual(page["events"]?.elements?.count, 0, "events of an empty page")
        try expect(page.text("cursor") != nil, "an empty page has a cursor: \(page.excerpt)")
        try expect(page["calls"] == nil, "a page with a cursor has no snapshot: \(page.excerpt)")
        try expect(ContinuousClock.now - start >= .milliseconds(900), "the poll did not wait")
    }

    private static func limit(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let petya = try await context.signIn(context.user("petya"), over: .longPoll)
        var cursor = try await petya.listen().cursor
        for _ in 0..<3 {
            let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
            try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        }
        var types: [String] = []
        for _ in 0..<8 where types.count < 6 {
            let target = "/v1/events?waitSeconds=5&limit=2&cursor=\(percentEncoded(cursor))"
            let page = try await petya.http.send(WireRequest(.GET, target).authorized(by: petya.token)).expectJSON(200)
            try expect((1...2).contains(page.list("events").count), "one or two events: \(page.excerpt)")
            types += page.list("events").map { $0.text("type") ?? "none" }
            cursor = page.text("cursor") ?? ""
        }
        let wanted = (0..<3).flatMap { _ in ["call.incoming", "call.ended"] }
        try expectEqual(types, wanted, "the events of all pages")
    }

    private static func twice(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let petya = try await context.signIn(context.user("petya"), over: .longPoll)
        let cursor = try await petya.listen().cursor
        let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        var ids: [[String]] = []
        for _ in 0..<2 {
            let target = "/v1/events?waitSeconds=5&cursor=\(percentEncoded(cursor))"
            let page = try await petya.http.send(WireRequest(.GET, target).authorized(by: petya.token)).expectJSON(200)
            ids.append(page.list("events").map { $0.text("id") ?? "none" })
        }
        try expectEqual(ids[0].count, 2, "events after the cursor")
        try expectEqual(ids[1], ids[0], "the events after the same cursor")
    }
}
