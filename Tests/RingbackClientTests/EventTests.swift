import CurlTransport
import Testing

@testable import RingbackClient

/// Sequences of events with failing transports, against a scripted server.
struct EventTests {
    private func client(_ server: ScriptedServer, silence: Duration = .seconds(2)) throws -> RingbackClient {
        let network = NetworkOptions(
            proxy: "", connectTimeout: .seconds(1), requestTimeout: .seconds(2), silenceTimeout: silence)
        return try RingbackClient(
            baseURL: server.url, session: Script.session, network: network, retries: .forTests)
    }

    /// The kinds of the first events, and the error at the end.
    private func take(_ count: Int, _ events: EventSequence) async -> ([Event.Kind], RingbackError?) {
        var kinds: [Event.Kind] = []
        do {
            for try await event in events {
                kinds.append(event.kind)
                if kinds.count == count { break }
            }
            return (kinds, nil)
        } catch {
            return (kinds, error as? RingbackError)
        }
    }

    private static func poll(_ request: ScriptedServer.Request, _ connection: Connection) -> Bool {
        connection.answer(200, "application/json", #"{"events":[],"cursor":"e.1","calls":[]}"#)
    }

    @Test func `behind a proxy without WebSockets that buffers streams, long polls are used`() async throws {
        let server = try ScriptedServer { request, connection in
            switch request.path {
            case "/v1/socket": return connection.answer(200, "text/html", "<h1>What is a WebSocket?</h1>")
            case "/v1/events/stream":
                connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".utf8)
                while connection.read() != nil {}
                return false
            default: return Self.poll(request, connection)
            }
        }
        let (kinds, error) = await take(5, try client(server).events())
        #expect(error == nil)
        let lost = kinds.compactMap { kind in
            if case .connection(.lost(let transport, _, _)) = kind { transport } else { nil }
        }
        // A page is conclusive; a single timeout may be an accident.
        #expect(lost == [.webSocket, .sse, .sse])
        #expect(kinds.suffix(2) == [.connection(.connected(.longPoll)), .snapshot([])])
    }

    @Test func `after sockets that are cut repeatedly, a stream is used`() async throws {
        let server = try ScriptedServer { request, connection in
            guard request.path == "/v1/socket" else {
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: welcome\r\ndata: \(Script.welcome)\r\n\r\n"
                        .utf8)
                while connection.read() != nil {}
                return false
            }
            connection.upgrade(request)
            connection.frame("{\"event\":\(Script.welcome)}")
            return false
        }
        let (kinds, _) = await take(7, try client(server).events())
        #expect(kinds.last == .connection(.connected(.sse)))
        #expect(kinds.count { $0 == .connection(.connected(.webSocket)) } == 3)
    }

    @Test(arguments: [
        (4500, false), (4501, false), (4999, false), (1002, false), (1001, true), (1011, true), (4000, true),
        (4004, true), (4499, true),
    ])
    func `the close code decides whether to reconnect`(code: Int, comesBack: Bool) async throws {
        let server = try ScriptedServer { request, connection in
            connection.upgrade(request)
            connection.frame("{\"event\":\(Script.welcome)}")
            connection.closeFrame(UInt16(code))
            while connection.read() != nil {}
            return false
        }
        let (kinds, error) = await take(3, try client(server).events(over: .only(.webSocket)))
        if comesBack {
            #expect(error == nil && kinds.last == .connection(.connected(.webSocket)))
        } else {
            #expect(error == .socketClosed(code: UInt16(code), reason: ""))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `repeated events are dropped, unknown ones are kept, and the cursor moves on`() async throws {
        let counter = Counter()
        let server = try ScriptedServer { request, connection in
            connection.upgrade(request)
            connection.frame("{\"event\":\(Script.welcome)}")
            let strange =
                #"{"cursor":"e.4","id":"c.4","type":"call.hologram","time":"2026-01-31T09:29:58.201Z","ageMs":1,"data":{"depth":3}}"#
            let first = counter.next() == 1
            for event in [Script.presence("a", cursor: 2), Script.presence("b", cursor: 3)] + (first ? [] : [strange]) {
                connection.frame("{\"event\":\(event)}")
            }
            if !first { while connection.read() != nil {} }
            return false
        }
        let (kinds, _) = await take(6, try client(server).events(after: Cursor("e.1"), over: .only(.webSocket)))
        let presence = Event.Kind.presence(Presence(userId: UserID("petya")!, status: .online))
        #expect(kinds[1...2] == [presence, presence])
        guard case .connection(.lost) = kinds[3], case .unknown("call.hologram", let data) = kinds[5] else {
            throw Unexpected()
        }
        #expect(String(decoding: data.utf8, as: UTF8.self) == #"{"depth":3}"#)
        #expect(server.requests.map(\.target) == ["/v1/socket?cursor=e.1", "/v1/socket?cursor=e.3"])
    }

    @Test func `fragments are reassembled and pings are answered`() async throws {
        let server = try ScriptedServer { request, connection in
            connection.upgrade(request)
            connection.frame("{\"event\":", isFinal: false)
            connection.frame("still here", opcode: 9)
            connection.frame(Script.welcome, opcode: 0, isFinal: false)
            connection.frame("}", opcode: 0)
            // The server waits for a masked pong of ten bytes before it sends more.
            var pong: [UInt8] = []
            while pong.count < 16, let bytes = connection.read() { pong += bytes }
            guard pong.count == 16, pong[0] == 0x8A, pong[1] == 0x8A else { return false }
            let text = (0..<10).map { pong[6 + $0] ^ pong[2 + $0 % 4] }
            guard String(decoding: text, as: UTF8.self) == "still here" else { return false }
            connection.frame("{\"event\":\(Script.presence("a", cursor: 2))}")
            while connection.read() != nil {}
            return false
        }
        let (kinds, _) = await take(2, try client(server).events(over: .only(.webSocket)))
        guard case .presence = kinds.last else { throw Unexpected() }
    }

    @Test(arguments: [Transport.webSocket, .sse])
    func `a connection that goes silent counts as lost`(transport: Transport) async throws {
        let server = try ScriptedServer { request, connection in
            if request.path == "/v1/socket" {
                connection.upgrade(request)
                connection.frame("{\"event\":\(Script.welcome)}")
            } else {
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: welcome\ndata: \(Script.welcome)\n\n"
                        .utf8)
            }
            while connection.read() != nil {}
            return false
        }
        let (kinds, _) = await take(2, try client(server, silence: .seconds(1)).events(over: .only(transport)))
        guard case .connection(.lost(transport, .transport(let failure), _)) = kinds.last else { throw Unexpected() }
        #expect(failure.kind == .timedOut)
    }

    @Test func `a token that is not valid ends the events at once`() async throws {
        for transport in Transport.allCases {
            let server = try ScriptedServer { _, connection in connection.problem(401, "token_expired") }
            let (kinds, error) = await take(1, try client(server).events(over: .only(transport)))
            #expect(kinds == [] && error?.code == .tokenExpired)
            // libcurl does not report the response to a refused socket, so the client repeats the request.
            #expect(server.requests.count == (transport == .webSocket && LibcurlSocket.isAvailable ? 2 : 1))
        }
    }

    @Test func `the delay that a server asks for is respected`() async throws {
        let counter = Counter()
        let server = try ScriptedServer { request, connection in
            counter.next() == 1
                ? connection.problem(503, "draining", retryable: true, headers: ["Retry-After: 1"])
                : Self.poll(request, connection)
        }
        let started = ContinuousClock.now
        let (kinds, _) = await take(2, try client(server).events(over: .only(.longPoll)))
        guard case .connection(.lost(_, let error, let delay)) = kinds.first else { throw Unexpected() }
        #expect(error.code == .draining && delay >= .seconds(1))
        #expect(ContinuousClock.now - started >= .seconds(1))
    }

    @Test func `a socket whose events are taken slowly stops reading, and loses nothing`() async throws {
        let count = 20_000
        let server = try ScriptedServer { request, connection in
            connection.upgrade(request)
            connection.frame("{\"event\":\(Script.welcome)}")
            for number in 2..<(count + 2) {
                connection.frame("{\"event\":\(Script.presence("p.\(number)", cursor: number))}")
            }
            while connection.read() != nil {}
            return false
        }
        var heard = 0
        for try await event in try client(server).events(after: Cursor("e.1"), over: .only(.webSocket)) {
            if case .connection(.lost(_, let error, _)) = event.kind {
                Issue.record("\(error)")
                break
            }
            guard event.id != nil else { continue }
            heard += 1
            #expect(event.id == "p.\(heard + 1)")
            if heard == count { break }
        }
        #expect(heard == count && server.requests.count == 1)
    }

    @Test func `empty messages also fill a queue`() {
        let incoming = BoundedQueue<[UInt8]>(capacity: 1000) {}
        var pushed = 0
        while incoming.hasRoom(), pushed < 1000 {
            incoming.push([], cost: 0)
            pushed += 1
        }
        #expect(pushed < 20)
    }

    @Test func `an id that is too long is an invalid response`() throws {
        func event(_ length: Int) throws -> Event {
            let id = String(repeating: "i", count: length)
            return try Event(JSONObject(parsing: Array(Script.presence(id, cursor: 2).utf8)))
        }
        #expect(try event(200).id?.count == 200)
        #expect(throws: UnexpectedJSON.self) { try event(201) }
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `a stream is parsed the same however it is split`(end: String) throws {
        let lines = [
            ": awake", "event: welcome", "data: 1", "data:  2", "id: e.1", "", "data", "", "event: nothing", "",
            "data:é",
            "",
        ]
        let text = Array(lines.map { $0 + end }.joined().utf8)
        for size in 1...text.count {
            var parser = EventStreamParser(maximumBytes: 100)
            var frames: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                frames += try parser.parse(Array(text[start..<min(start + size, text.count)])).map {
                    "\($0.event)=\(String(decoding: $0.data, as: UTF8.self))"
                }
            }
            #expect(frames == ["welcome=1\n 2", "=", "=é"], "cut into \(size)")
        }
    }

    @Test func `the newest ids are remembered and older ones forgotten`() {
        var recent = RecentIDs(capacity: 2)
        #expect(recent.insert("a") && recent.insert("b") && !recent.insert("a"))
        #expect(recent.insert("c") && recent.insert("a") && !recent.insert("c"))
    }

    @Test func `the best transport is tried again after a while`() {
        let start = ContinuousClock.now
        var plan = TransportPlan(.automatic)
        plan.note(.refused, isCertain: true, now: start)
        plan.note(.unreachable, now: start)
        #expect(plan.current == .sse && !plan.improve(now: start + .seconds(299)))
        #expect(plan.improve(now: start + .seconds(300)) && plan.current == .webSocket)
        var fixed = TransportPlan(.only(.sse))
        for _ in 0..<9 { fixed.note(.refused, isCertain: true, now: start) }
        #expect(fixed.current == .sse)
    }
}
