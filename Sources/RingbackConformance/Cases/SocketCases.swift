import RingbackModel

/// Frames and close codes of WebSockets.
enum SocketCases {
    static let all = [
        ConformanceCase("A WebSocket with a bad token is closed with 4500", .events, scope: .once, body: badToken),
        ConformanceCase(
            "A WebSocket whose first message is not a hello is closed with 4502", .events, scope: .once,
            body: noHello),
        ConformanceCase(
            "A frame that is not a request closes the WebSocket with 4502", .events, scope: .once, body: notARequest),
        ConformanceCase("A binary message closes the WebSocket with 1003", .events, scope: .once, body: binary),
        ConformanceCase(
            "A message that is not UTF-8 closes the WebSocket with 1007", .events, scope: .once, body: notUTF8),
        ConformanceCase("A message over 256 KiB closes the WebSocket with 1009", .events, scope: .once, body: tooBig),
        ConformanceCase(
            "An operation that does not exist is answered with its id", .events, scope: .once, body: unknownOperation),
        ConformanceCase(
            "A WebSocket that does not say hello within 10 s is closed with 4002", .events, scope: .once,
            needs: [.time],
            body: silent),
        ConformanceCase("Requests sent at once are all answered by their ids", .events, scope: .once, body: pipelined),
        ConformanceCase(
            "Changes of calls, refusals and other requests sent at once are answered in their order", .events,
            scope: .once, body: mixed),
    ]

    /// A WebSocket that was authenticated by its first frame and has received the welcome.
    private static func welcomed(_ context: ConformanceContext) async throws -> RawSocket {
        let device = try await context.signIn(context.user("vasya"), over: .webSocket)
        let socket = try await RawSocket.open(context.address)
        socket.link.send(text: (["op": "hello", "data": ["token": .string(device.token)]] as JSONLiteral).utf8)
        try expectEqual(try await socket.next().text("event.type"), "welcome", "the first frame")
        return socket
    }

    private static func badToken(_ context: ConformanceContext) async throws {
        let socket = try await RawSocket.open(context.address)
        socket.link.send(text: Array(#"{"op":"hello","data":{"token":"AAAAAAAAAAAAAAAAAAAAAA"}}"#.utf8))
        try await socket.expectClose(4500)
        do {
            let link = try await WebSocketLink.open(
                context.address, target: "/v1/socket", token: "AAAAAAAAAAAAAAAAAAAAAA", onText: { _ in },
                onClose: { _ in })
            await link.close()
        } catch WireError.upgradeRefused(let response) {
            try response.expectProblem(.unauthenticated)
        }
    }

    private static func noHello(_ context: ConformanceContext) async throws {
        let socket = try await RawSocket.open(context.address)
        socket.link.send(text: Array(#"{"id":1,"op":"getMe","data":{}}"#.utf8))
        try await socket.expectClose(4502)
    }

    private static func silent(_ context: ConformanceContext) async throws {
        let socket = try await RawSocket.open(context.address)
        try await context.pass(.seconds(11))
        try await socket.expectClose(4002)
    }

    private static func notARequest(_ context: ConformanceContext) async throws {
        for text in ["hello", "[]", #"{"id":1}"#, #"{"op":7,"id":1}"#] {
            let socket = try await welcomed(context)
            socket.link.send(text: Array(text.utf8))
            try await socket.expectClose(4502)
        }
    }

    private static func binary(_ context: ConformanceContext) async throws {
        let socket = try await welcomed(context)
        socket.link.send(binary: Array(#"{"id":1,"op":"getMe","data":{}}"#.utf8))
        try await socket.expectClose(1003)
    }

    private static func notUTF8(_ context: ConformanceContext) async throws {
        let socket = try await welcomed(context)
        socket.link.send(text: [UInt8(ascii: "\""), 0xC3, 0x28, UInt8(ascii: "\"")])
        try await socket.expectClose(1007)
    }

    private static func tooBig(_ context: ConformanceContext) async throws {
        let socket = try await welcomed(context)
        let padding = String(repeating: "x", count: Limits.bodyBytes)
        socket.link.send(text: (["id": 1, "op": "getMe", "data": ["x": .string(padding)]] as JSONLiteral).utf8)
        try await socket.expectClose(1009)
    }

    private static func unknownOperation(_ context: ConformanceContext) async throws {
        let socket = try await welcomed(context)
        socket.link.send(text: Array(#"{"id":7,"op":"makeCoffee","data":{}}"#.utf8))
        let answer = try await socket.next()
        try expectEqual(answer.number("id"), 7, "the id of the answer")
        let status = answer.number("status") ?? 0
        try expect((400..<500).contains(status), "an unknown operation is the client's mistake: \(answer.excerpt)")
        guard let problem = answer["error"] else { throw ConformanceFailure("no `error` in \(answer.excerpt)") }
        try checkProblemShape(problem, status: status)
        socket.link.send(text: Array(#"{"id":8,"op":"getMe","data":{}}"#.utf8))
        try expectEqual(try await socket.next().number("status"), 200, "the socket lives on")
        await socket.link.close()
    }

    private static func pipelined(_ context: ConformanceContext) async throws {
        let socket = try await welcomed(context)
        for id in 1...50 { socket.link.send(text: Array(#"{"id":\#(id),"op":"getMe","data":{}}"#.utf8)) }
        var ids: Set<Int> = []
        for _ in 1...50 {
            let answer = try await socket.next()
            try expectEqual(answer.number("status"), 200, "the status of \(answer.excerpt)")
            ids.insert(answer.number("id") ?? 0)
        }
        try expectEqual(ids, Set(1...50), "the ids that were answered")
        await socket.link.close()
    }

    private static func mixed(_ context: ConformanceContext) async throws {
        let socket = try await welcomed(context)
        let callee = try await context.user("petya")
        let kinds: [(op: String, data: JSONLiteral, status: Int)] = [
            ("invite", ["callee": .string(callee.userId)], 201), ("getMe", [:], 200),
            ("cancel", ["callId": "AAAAAAAAAAAAAAAAAAAAAA"], 404), ("invite", ["callee": 7], 422),
            ("invite", ["callee": .string(callee.userId)], 201), ("makeCoffee", [:], 404), ("listCalls", [:], 200),
        ]
        for id in 0..<40 {
            let (op, data, _) = kinds[id * 5 % kinds.count]
            socket.link.send(text: (["id": .integer(id), "op": .string(op), "data": data] as JSONLiteral).utf8)
        }
        for id in 0..<40 {
            var answer = try await socket.next()
            while answer["event"] != nil { answer = try await socket.next() }
            try expectEqual(answer.number("id"), id, "the id of \(answer.excerpt)")
            let wanted = kinds[id * 5 % kinds.count].status
            // Further invitations beyond the limit of ringing calls are refused with 429.
            let status = answer.number("status") ?? 0
            try expect(status == wanted || wanted == 201 && status == 429, "\(wanted) wanted: \(answer.excerpt)")
        }
        await socket.link.close()
    }
}
