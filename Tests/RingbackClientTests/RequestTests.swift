import Synchronization
import Testing

@testable import RingbackClient

/// Retries, cancellation, and many concurrent requests.
struct RequestTests {
    private func client(_ server: ScriptedServer, retries: RetryPolicy = .forTests) throws -> RingbackClient {
        try RingbackClient(baseURL: server.url, session: Script.session, network: .forTests, retries: retries)
    }

    @Test func `a write whose response was lost is repeated with its key`() async throws {
        let counter = Counter()
        let server = try ScriptedServer { _, connection in
            switch counter.next() {
            case 1: false
            case 2: connection.problem(503, "draining", retryable: true, headers: ["Retry-After: 0"])
            case 3: connection.answer(502, "text/html", "<h1>Bad Gateway</h1>")
            default: connection.answer(201, "application/json", Script.call)
            }
        }
        let handle = try await client(server).invite("petya")
        #expect(handle.id == CallID("c7Q2vXk1SxeN0bJtYp8mRg"))
        let keys = Set(server.requests.map { $0.headers["idempotency-key"] })
        #expect(server.requests.count == 4 && keys.count == 1 && keys.first! != nil)
        #expect(Set(server.requests.map(\.body)).count == 1)
        _ = try await client(server).invite("petya")
        #expect(server.requests.last?.headers["idempotency-key"] != server.requests.first?.headers["idempotency-key"])
    }

    @Test func `a reused handle keeps nothing of the previous request`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.answer(
                200, "\t application/json \t",
                #"{"userId":"vasya","displayName":"Vasya","createdAt":"2026-01-31T09:30:00.125Z"}"#)
        }
        let client = try client(server)
        for _ in 0..<20 {
            _ = try await client.updateMe(displayName: "Vasya")
            _ = try await client.getMe()
        }
        #expect(server.requests.map(\.method) == Array(repeating: ["PATCH", "GET"], count: 20).flatMap { $0 })
        for read in server.requests where read.method == "GET" {
            #expect(read.body.isEmpty && read.headers["idempotency-key"] == nil && read.headers["content-type"] == nil)
        }
    }

    @Test func `a redirect does not send the token to another server`() async throws {
        let other = try ScriptedServer { _, connection in connection.answer() }
        let server = try ScriptedServer { request, connection in
            connection.answer(307, "text/plain", "", headers: ["Location: \(other.url)\(request.target)"])
        }
        let client = try client(server, retries: RetryPolicy(maximumRetries: 0))
        let error = await #expect(throws: RingbackError.self) { try await client.invite("petya") }
        #expect(error?.status == 307)
        for transport in Transport.allCases {
            for try await event in client.events(over: .only(transport)) {
                if case .connection(.lost) = event.kind { break }
            }
        }
        #expect(other.requests.isEmpty && server.requests.count >= 4)
    }

    @Test func `a request that can't succeed is not repeated`() async throws {
        let server = try ScriptedServer { request, connection in
            connection.problem(
                409, request.path.hasSuffix("offer") ? "negotiation_pending" : "already_accepted", retryable: true)
        }
        let call = CallID("c7Q2vXk1SxeN0bJtYp8mRg")!
        await #expect(throws: RingbackError.self) { try await client(server).sendOffer(call, sdp: "v=0\r\n") }
        #expect(server.requests.count == 1)
    }

    @Test func `a registration is not repeated once it may have been read`() async throws {
        let server = try ScriptedServer { _, _ in false }
        let error = await #expect(throws: RingbackError.self) {
            try await client(server).registerUser(UserID("petya")!, password: "battery staple")
        }
        guard case .transport(let failure) = error else { throw Unexpected() }
        #expect(failure.kind == .connectionLost)
        #expect(server.requests.count == 1)
    }

    @Test func `a registration is not sent again over another connection when a kept one is dead`() async throws {
        let server = try ScriptedServer { request, connection in request.method == "GET" && connection.answer() }
        let client = try client(server)
        // The response is invalid, but its connection is kept.
        _ = try? await client.getMe()
        await #expect(throws: RingbackError.self) {
            try await client.registerUser(UserID("petya")!, password: "battery staple")
        }
        #expect(server.requests.map(\.method) == ["GET", "POST"])
    }

    @Test func `a Retry-After beyond the maximum is reported, not waited for`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.problem(429, "rate_limited", retryable: true, headers: ["Retry-After: 3600"])
        }
        let error = await #expect(throws: RingbackError.self) { try await client(server).getMe() }
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(3600) && error?.isRetryable == true)
        #expect(server.requests.count == 1)
    }

    @Test func `delays double, are bounded and are random`() {
        let policy = RetryPolicy(firstDelay: .milliseconds(100), maximumDelay: .seconds(2))
        for (failures, most) in [(1, 100), (2, 200), (3, 400), (6, 2000), (1000, 2000)] {
            let delays = (0..<50).map { _ in policy.delay(afterFailures: failures, retryAfter: nil) }
            #expect(delays.allSatisfy { $0 <= .milliseconds(most) && $0 >= .milliseconds(most / 2) })
            #expect(Set(delays).count > 1)
        }
        #expect(policy.delay(afterFailures: 1, retryAfter: .seconds(7)) >= .seconds(7))
        #expect(policy.delay(afterFailures: 1, retryAfter: .seconds(86_400)) < .seconds(62))
    }

    @Test func `problems keep their code, status, fields and whether they are retryable`() async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server)
        let unknown = await #expect(throws: RingbackError.self) { try await vasya.invite("nobody") }
        #expect(unknown?.code == .userNotFound && unknown?.status == 404 && unknown?.isRetryable == false)
        let long = await #expect(throws: RingbackError.self) {
            try await vasya.invite(UserID("petya")!, ringSeconds: 1)
        }
        guard case .problem(let problem) = long else { throw Unexpected() }
        #expect(problem.errors.map(\.field) == ["ringSeconds"])
        let wrong = await #expect(throws: RingbackError.self) {
            try await vasya.signIn("vasya", password: "wrong horse")
        }
        #expect(wrong?.code == .unauthenticated)
        try await vasya.signOut()
        #expect(vasya.session == nil)
        await #expect(throws: RingbackError.notSignedIn) { try await vasya.getMe() }
    }

    @Test func `a cancelled task leaves no waiting poll on the server`() async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server)
        for transport in Transport.allCases {
            let (connected, continuation) = AsyncStream<Void>.makeStream()
            let listening = Task {
                for try await event in vasya.events(over: .only(transport)) {
                    if case .snapshot = event.kind { continuation.yield() }
                }
            }
            for await _ in connected { break }
            if transport == .longPoll {
                // The poll that waits is the second.
                while try await server.metric("ringback_streams") == 0 { try await TestServer.pause() }
            }
            listening.cancel()
            await #expect(throws: CancellationError.self) { try await listening.value }
            while try await server.metric("ringback_streams") + server.metric("ringback_sockets") > 0 {
                try await TestServer.pause()
            }
        }
        let poll = Task { try await vasya.pollEvents(after: vasya.pollEvents().cursor, waitSeconds: 60) }
        while try await server.metric("ringback_streams") == 0 { try await TestServer.pause() }
        poll.cancel()
        await #expect(throws: CancellationError.self) { try await poll.value }
        while try await server.metric("ringback_streams") > 0 { try await TestServer.pause() }
    }

    @Test func `a thousand long polls wait in one process, and all wake`() async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server)
        let petya = try await RingbackClient.signedIn("petya", at: server)
        let cursor = try await petya.pollEvents().cursor
        let heard = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<1000 {
                group.addTask { try await petya.pollEvents(after: cursor, waitSeconds: 60).events.count }
            }
            while try await server.metric("ringback_streams") < 1000 { try await TestServer.pause() }
            _ = try await vasya.invite("petya")
            return try await group.reduce(0, +)
        }
        #expect(heard == 1000)
    }
}

/// Counts from 1.
final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
