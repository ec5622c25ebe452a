import Foundation
import Synchronization
import Testing

@testable import RingbackClient

/// Requests over the socket of the events, against a scripted server.
struct SocketRequestTests {
    private static let call = CallID("c7Q2vXk1SxeN0bJtYp8mRg")!
    private static let done = "\"status\":200,\"data\":\(Script.call)"

    /// A client that receives events over a socket, and the task that reads them.
    private func client(
        _ server: ScriptedServer, _ network: NetworkOptions = .patient, retries: RetryPolicy = .forTests
    ) async throws -> (RingbackClient, Task<Void, any Error>) {
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session, network: network, retries: retries)
        let (connected, connect) = AsyncStream<Void>.makeStream()
        let events = Task {
            for try await event in client.events(after: Cursor("e.1"), over: .only(.webSocket)) {
                if case .connection(.connected) = event.kind { connect.yield() }
            }
        }
        for await _ in connected { break }
        while !client.requests.hasSocket { try await TestServer.pause() }
        return (client, events)
    }

    /// Accepts a socket and sends the welcome; `false` for another request.
    private static func open(_ request: ScriptedServer.Request, _ connection: Connection) -> Bool {
        guard request.path == "/v1/socket" else { return false }
        connection.upgrade(request)
        connection.frame("{\"event\":\(Script.welcome)}")
        return true
    }

    @Test func `operations go over an open socket, with their parameters in data`() async throws {
        let seen = Seen()
        let server = try ScriptedServer { request, connection in
            guard Self.open(request, connection) else { return connection.answer(201, "application/json", Script.call) }
            while let request = connection.readRequest() {
                seen.add(request)
                switch request.op {
                case "blockUser": connection.answer(request, "\"status\":204")
                case "listCalls": connection.answer(request, #""status":200,"data":{"items":[]}"#)
                default: connection.answer(request, "\"location\":\"/v1/calls/c\",\(Self.done)")
                }
            }
            return false
        }
        let (client, events) = try await client(server)
        #expect(try await client.invite("petya").id == Self.call)
        try await client.blockUser(UserID("petya")!)
        _ = try await client.listCalls(.live, with: UserID("petya")!, limit: 3)
        try await client.decline(Self.call, message: "Later \"on\"")
        try await client.accept(Self.call)
        try await client.setMedia(Self.call, MediaState(isHeld: true))
        let all = seen.all
        #expect(all.map(\.op) == ["invite", "blockUser", "listCalls", "decline", "accept", "setMedia"])
        #expect(
            all.map(\.text) == [
                #"{"callee":"petya","media":{"audio":true,"video":true}}"#, #"{"userId":"petya"}"#,
                #"{"state":"live","with":"petya","limit":"3"}"#,
                #"{"message":"Later \"on\"","callId":"c7Q2vXk1SxeN0bJtYp8mRg"}"#,
                #"{"callId":"c7Q2vXk1SxeN0bJtYp8mRg"}"#, #"{"held":true,"callId":"c7Q2vXk1SxeN0bJtYp8mRg"}"#,
            ])
        #expect(all.map { $0.key == nil } == [false, false, true, false, false, false])
        #expect(Set(all.compactMap(\.key)).count == 5 && Set(all.map(\.id)).count == 6)
        #expect(server.requests.map(\.path) == ["/v1/socket"])

        // Requests that need their own connection, another token, or more than a frame go over HTTP.
        _ = try? await client.createTicket()
        try await client.endCall(Self.call, administratorToken: "administrator")
        _ = try await client.invite(
            UserID("petya")!, custom: JSONText(Array("\"\(String(repeating: "x", count: 300_000))\"".utf8)))
        try await client.setMedia(Self.call, MediaState(tracks: ["callId": .init(kind: .audio)]))
        try await client.deleteSession(Script.session.deviceId)
        #expect(
            server.requests.dropFirst().map(\.path) == [
                "/v1/tickets", "/v1/calls/\(Self.call)/end", "/v1/calls", "/v1/calls/\(Self.call)/media",
                "/v1/sessions/\(Script.session.deviceId)",
            ])
        #expect(seen.all.count == 6)
        events.cancel()
    }

    @Test func `a problem over the socket is the same as over HTTP`() async throws {
        let counter = Counter()
        let server = try ScriptedServer { request, connection in
            guard Self.open(request, connection) else { return connection.answer() }
            while let request = connection.readRequest() {
                func problem(_ status: Int, _ code: String, _ isRetryable: Bool, _ more: String = "") {
                    connection.answer(
                        request,
                        #""status":\#(status),"error":{"type":"T","title":"T","status":\#(status),"detail":"D","code":"\#(code)","retryable":\#(isRetryable)}\#(more)"#
                    )
                }
                switch counter.next() {
                case 1: problem(409, "already_accepted", false)
                case 2: problem(429, "rate_limited", true, #","retryAfterSeconds":3600"#)
                case 3: problem(503, "draining", true, #","retryAfterSeconds":0"#)
                default: connection.answer(request, Self.done)
                }
            }
            return false
        }
        let (client, events) = try await client(server)
        let taken = await #expect(throws: RingbackError.self) { try await client.accept(Self.call) }
        #expect(taken?.code == .alreadyAccepted && taken?.status == 409)
        let limited = await #expect(throws: RingbackError.self) { try await client.accept(Self.call) }
        #expect(limited?.code == .rateLimited && limited?.retryAfter == .seconds(3600))
        // This one is repeated.
        #expect(try await client.accept(Self.call).callId == Self.call)
        #expect(counter.next() == 5)
        events.cancel()
    }

    @Test func `requests that a socket left unanswered are repeated over HTTP in order`() async throws {
        let (frames, frame) = AsyncStream<SocketRequest>.makeStream()
        let counter = Counter()
        let server = try ScriptedServer { request, connection in
            guard request.path == "/v1/socket" else {
                return connection.answer(200, "application/json", Script.call)
            }
            guard counter.next() == 1 else {
                // No other socket.
                while connection.read() != nil {}
                return false
            }
            _ = Self.open(request, connection)
            for _ in 0..<5 {
                guard let request = connection.readRequest() else { break }
                if request.op == "alerting" { connection.answer(request, Self.done) }
                frame.yield(request)
            }
            return false
        }
        let (client, events) = try await client(server)
        let writes: [@Sendable () async throws -> Void] = [
            { try await client.alerting(Self.call) }, { try await client.accept(Self.call) },
            { try await client.addCandidates(Self.call, [ICECandidate(candidate: "a")]) },
            { try await client.addCandidates(Self.call, [ICECandidate(candidate: "b")]) },
            { try await client.hangUp(Self.call) },
        ]
        var iterator = frames.makeAsyncIterator()
        var keys: [String?] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for write in writes {
                group.addTask { try await write() }
                keys.append(await iterator.next()?.key)
            }
            try await group.waitForAll()
        }
        let repeated = server.requests.filter { $0.path != "/v1/socket" }
        #expect(
            repeated.map { $0.path.split(separator: "/").last } == ["accept", "candidates", "candidates", "hangup"])
        #expect(repeated.map { $0.headers["idempotency-key"] } == Array(keys.dropFirst()))
        #expect(String(decoding: repeated[1].body, as: UTF8.self).contains(#""a""#))
        events.cancel()
    }

    @Test func `requests that neither socket nor HTTP has answered go over the next socket in order`()
        async throws
    {
        let (frames, frame) = AsyncStream<SocketRequest>.makeStream()
        let counter = Counter()
        let server = try ScriptedServer { request, connection in
            guard Self.open(request, connection) else {
                // An HTTP request is not answered until it is stopped.
                while connection.read() != nil {}
                return false
            }
            let isFirst = counter.next() == 1
            while let request = connection.readRequest() {
                if !isFirst { connection.answer(request, Self.done) }
                frame.yield(request)
                if isFirst, request.op == "hangUp" { return false }
            }
            return false
        }
        let (client, events) = try await client(server)
        var first: [SocketRequest] = []
        var iterator = frames.makeAsyncIterator()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let writes: [@Sendable () async throws -> Void] = [
                { try await client.accept(Self.call) }, { try await client.connected(Self.call) },
                { try await client.hangUp(Self.call) },
            ]
            for write in writes {
                group.addTask { try await write() }
                if let request = await iterator.next() { first.append(request) }
            }
            try await group.waitForAll()
        }
        var second: [SocketRequest] = []
        while second.count < 3, let request = await iterator.next() { second.append(request) }
        #expect(first.map(\.op) == ["accept", "connected", "hangUp"] && second.map(\.op) == first.map(\.op))
        #expect(second.map(\.key) == first.map(\.key))
        events.cancel()
    }

    @Test func `a socket that does not answer in time is closed, and the request is repeated`() async throws {
        let counter = Counter()
        let (ends, end) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { request, connection in
            if request.path == "/v1/socket" {
                guard counter.next() == 1 else {
                    while connection.read() != nil {}
                    return false
                }
                _ = Self.open(request, connection)
                while connection.read() != nil {}
                end.yield()
                return false
            }
            return connection.answer(200, "application/json", Script.call)
        }
        let network = NetworkOptions(
            proxy: "", connectTimeout: .seconds(20), requestTimeout: .milliseconds(500), silenceTimeout: .seconds(60))
        let (client, events) = try await client(server, network)
        try await client.accept(Self.call)
        #expect(server.requests.filter { $0.path != "/v1/socket" }.count == 1)
        for await _ in ends { break }
        events.cancel()
    }

    @Test func `a cancelled request is removed, and the socket continues`() async throws {
        let (frames, frame) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { request, connection in
            guard Self.open(request, connection), let first = connection.readRequest() else { return false }
            frame.yield()
            guard let second = connection.readRequest() else { return false }
            connection.answer(first, Self.done)
            connection.answer(second, #""status":200,"data":\#(Script.user)"#)
            while connection.read() != nil {}
            return false
        }
        let (client, events) = try await client(server)
        let accepting = Task { try await client.accept(Self.call) }
        for await _ in frames { break }
        accepting.cancel()
        await #expect(throws: CancellationError.self) { try await accepting.value }
        #expect(try await client.getMe().userId == UserID("vasya"))
        #expect(server.requests.count == 1)
        events.cancel()
    }

    @Test func `while the events are not taken, requests go over HTTP`() async throws {
        let server = try ScriptedServer { request, connection in
            guard Self.open(request, connection) else {
                return connection.answer(200, "application/json", Script.call)
            }
            _ = connection.readRequest()
            // More than the client buffers; the answer would come after it.
            var number = 2
            while connection.writes("{\"event\":\(Script.presence("p.\(number)", cursor: number))}") { number += 1 }
            return false
        }
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session, network: .patient, retries: .forTests)
        var iterator = client.events(after: Cursor("e.1"), over: .only(.webSocket)).makeAsyncIterator()
        _ = try await iterator.next()
        while !client.requests.hasSocket { try await TestServer.pause() }
        try await client.accept(Self.call)
        #expect(server.requests.map(\.path).last == "/v1/calls/\(Self.call)/accept")
        #expect(!client.requests.hasSocket)
        // Once they are taken, the socket is used again.
        while !client.requests.hasSocket { _ = try await iterator.next() }
    }

    @Test func `a socket that does not read requests still delivers events, and is closed`() async throws {
        let (heards, heard) = AsyncStream<Void>.makeStream()
        let counter = Counter()
        let server = try ScriptedServer { request, connection in
            guard request.path == "/v1/socket" else {
                return connection.answer(201, "application/json", Script.call)
            }
            guard counter.next() == 1 else {
                while connection.read() != nil {}
                return false
            }
            connection.limitReceiveBuffer(4096)
            _ = Self.open(request, connection)
            // The first bytes of a frame: from here on, the client has more to write than the server reads.
            _ = connection.read(atMost: 16)
            var number = 2
            while connection.writes("{\"event\":\(Script.presence("p.\(number)", cursor: number))}"), number < 12 {
                number += 1
                usleep(20_000)
            }
            connection.waitForEnd()
            return false
        }
        let network = NetworkOptions(
            proxy: "", connectTimeout: .seconds(20), requestTimeout: .seconds(4), silenceTimeout: .seconds(60))
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session, network: network, retries: .forTests)
        let events = Task {
            for try await event in client.events(after: Cursor("e.1"), over: .only(.webSocket)) {
                if case .presence = event.kind { heard.yield() }
            }
        }
        while !client.requests.hasSocket { try await TestServer.pause() }
        let custom = try JSONText(Array("\"\(String(repeating: "x", count: 50_000))\"".utf8))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask { _ = try await client.invite(UserID("petya")!, custom: custom) }
            }
            var count = 0
            for await _ in heards {
                count += 1
                if count == 10 { break }
            }
            // Nothing has timed out so far.
            #expect(server.requests.count == 1)
            try await group.waitForAll()
        }
        // A request that was about to time out may have been sent twice, with its key.
        let keys = server.requests.filter { $0.path == "/v1/calls" }.map { $0.headers["idempotency-key"] }
        #expect(Set(keys).count == 16)
        events.cancel()
    }

    /// Such a request used to wait until its timeout.
    @Test func `a request that may be sent just when its time is up is sent after its delay`() async throws {
        let queue = RequestQueue(token: nil)
        let id = try queue.add(APIRequest(.getMe))
        #expect(queue.timedOut(id))
        #expect(try await queue.turn(of: id, by: .now) == nil)
        queue.rested(id)
        guard case .sendOverHTTP = try await queue.turn(of: id, by: .now) else { throw Unexpected() }
    }

    @Test func `requests of another session do not go over the socket of the first`() async throws {
        let server = try ScriptedServer { request, connection in
            switch request.path {
            case "/v1/sessions":
                return connection.answer(
                    201, "application/json",
                    #"{"token":"other","userId":"petya","deviceId":"pJ8s1QmWc0u3nXv2bTfLgA","createdAt":"2026-01-31T09:30:00.125Z","expiresAt":"2027-01-31T09:30:00.125Z"}"#
                )
            case "/v1/socket":
                _ = Self.open(request, connection)
                while connection.read() != nil {}
                return false
            default: return connection.answer(200, "application/json", Script.user)
            }
        }
        let (client, events) = try await client(server)
        try await client.signIn("petya", password: "battery staple")
        _ = try await client.getMe()
        #expect(server.requests.last?.headers["authorization"] == "Bearer other")
        events.cancel()
    }

    private final class Seen: Sendable {
        private let requests = Mutex<[SocketRequest]>([])
        var all: [SocketRequest] { requests.withLock { $0 } }

        func add(_ request: SocketRequest) { requests.withLock { $0.append(request) } }
    }
}
