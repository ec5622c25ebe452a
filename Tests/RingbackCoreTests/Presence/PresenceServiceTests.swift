import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Who is told what of whom.
struct PresenceServiceTests {
    private let exchange: Exchange
    private let presence: PresenceService

    init() async throws {
        exchange = try await Exchange.withCast()
        presence = PresenceService(store: exchange.store, feed: EventFeed(store: exchange.store))
    }

    private func block(_ user: Participant, by blocker: Participant) async throws {
        try await exchange.store.write { try $0.block(user.userId, by: blocker.userId, at: ManualTime.start) }
    }

    @Test func `A user is online while a device is present, and busy in a call`() async throws {
        let petya = Cast.petya.userId
        #expect(try await presence.presence(of: petya, for: Cast.vasya.userId).status == .offline)
        exchange.store.presence.opened(Cast.petya)
        #expect(try await presence.presence(of: petya, for: Cast.vasya.userId).status == .online)
        _ = try await exchange.connectingCall()
        #expect(try await presence.presence(of: petya, for: Cast.vasya.userId).status == .busy)
    }

    @Test func `A blocked viewer who asks is told that the user is offline, and no time`() async throws {
        exchange.store.presence.opened(Cast.petya)
        try await block(Cast.vasya, by: Cast.petya)
        let hidden = try await presence.presence(of: Cast.petya.userId, for: Cast.vasya.userId)
        #expect(hidden == Presence(userId: Cast.petya.userId, status: .offline))
        #expect(hidden.lastSeenAt == nil)
        let shown = try await presence.presence(of: Cast.petya.userId, for: Cast.stranger.userId)
        #expect(shown.status == .online && shown.lastSeenAt != nil)
    }

    @Test func `A blocked viewer's watch list tells the same`() async throws {
        exchange.store.presence.opened(Cast.petya)
        try await block(Cast.vasya, by: Cast.petya)
        let watched = try await presence.watch(
            [Cast.petya.userId], by: Exchange.signIn(of: Cast.vasya))
        #expect(watched == [Presence(userId: Cast.petya.userId, status: .offline)])
        #expect(try await presence.watched(by: Cast.vasya) == watched)
    }

    @Test func `Who is asked for must exist`() async throws {
        let problem = try await #require(throws: Problem.self) {
            try await presence.presence(of: Cast.user("nobody"), for: Cast.vasya.userId)
        }
        #expect(problem.code == .userNotFound)
    }
}
