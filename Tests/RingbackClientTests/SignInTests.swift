import RingbackCore
import RingbackModel
import Testing

@testable import RingbackClient

/// Signing in again, and with tokens of a platform.
struct SignInTests {
    /// The server closes the connections of the previous token, with 4501 or 401.
    @Test(arguments: Transport.allCases)
    func `Events continue when the client signs in again on its device`(transport: Transport) async throws {
        let server = try await TestServer.start()
        let client = try await RingbackClient.signedIn("vasya", at: server)
        let first = try #require(client.session)
        var events = client.events(over: .only(transport)).makeAsyncIterator()
        while try await events.next()?.kind != .snapshot([]) {}

        let second = try await client.createSession(
            first.userId, password: "correct horse", deviceId: first.deviceId, previousToken: first.token)
        #expect(second.deviceId == first.deviceId && second.token != first.token)
        let call = try await RingbackClient.signedIn("petya", at: server).invite("vasya")
        while let event = try await events.next() {
            if case .incoming(let incoming) = event.kind {
                #expect(incoming.callId == call.id)
                break
            }
        }
    }

    @Test func `Events end when another client signs in on the device`() async throws {
        let server = try await TestServer.start()
        let client = try await RingbackClient.signedIn("vasya", at: server)
        let session = try #require(client.session)
        var events = client.events(over: .only(.webSocket)).makeAsyncIterator()
        while try await events.next()?.kind != .snapshot([]) {}
        _ = try await RingbackClient.forTests(server.url).createSession(
            session.userId, password: "correct horse", deviceId: session.deviceId)
        await #expect(throws: RingbackError.self) { while try await events.next() != nil {} }
    }

    @Test func `A token of the platform is exchanged for a session`() async throws {
        let device = DeviceID("platformDevice1")!
        let platform = PlatformTokens { token, now in
            guard token == "of.the.platform" else { throw Problem(.unauthenticated, "The token is not valid.") }
            return PlatformClaims(
                user: UserID("vasya")!, displayName: "Vasya", device: device, issuedAt: now,
                expiresAt: now + .seconds(60))
        }
        let server = try await TestServer.start(platform: platform)
        let client = try RingbackClient.forTests(server.url)
        let session = try await client.createSession(platformToken: "of.the.platform", deviceName: "Bot")
        #expect(session.userId.rawValue == "vasya" && session.deviceId == device && session.deviceName == "Bot")
        #expect(client.session == session)
        #expect(try await client.getMe().displayName == "Vasya")
        let error = await #expect(throws: RingbackError.self) {
            try await client.createSession(platformToken: "of.somebody.else")
        }
        #expect(error?.code == .unauthenticated)
        #expect(client.session == session)
    }
}
