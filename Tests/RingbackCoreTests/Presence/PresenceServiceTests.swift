import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

/// The presence that a user sees.
struct PresenceServiceTests {
    private let exchange: Exchange
    private let presence: PresenceService
    private let accounts: AccountService

    init() async throws {
        exchange = try await Exchange.withCast()
        presence = PresenceService(
            store: exchange.store, feed: EventFeed(store: exchange.store), time: exchange.time)
        let hasher = PasswordHasher(costExponent: 4)
        let sessions = SessionService(
            store: exchange.store, hasher: hasher, time: exchange.time, lifetime: .seconds(60), administratorToken: nil)
        accounts = AccountService(store: exchange.store, hasher: hasher, time: exchange.time, sessions: sessions)
    }

    private func block(_ user: Participant, by blocker: Participant) async throws {
        try await accounts.block(user.userId, by: Exchange.signIn(of: blocker))
    }

    /// Closes the only connection of a device, and waits until that is noticed.
    private func disconnect(_ device: Participant) async throws {
        exchange.store.presence.closed(device, isPoll: false)
        exchange.time.advance(by: DevicePresence.streamGrace + .milliseconds(700))
        _ = try await exchange.store.presence.takeSignaling()
    }

    @Test func `A user is online while a device is present, and busy in a call`() async throws {
        let petya = Cast.petya.userId
        #expect(try await presence.presence(of: petya, for: Cast.vasya.userId).status == .offline)
        exchange.store.presence.opened(Cast.petya)
        #expect(try await presence.presence(of: petya, for: Cast.vasya.userId).status == .online)
        _ = try await exchange.connectingCall()
        #expect(try await presence.presence(of: petya, for: Cast.vasya.userId).status == .busy)
    }

    /// A block used to be visible, because the time last seen was missing.
    @Test func `A blocked viewer sees that the user is offline since the block`() async throws {
        exchange.store.presence.opened(Cast.petya)
        exchange.time.advance(by: .seconds(10))
        try await block(Cast.vasya, by: Cast.petya)
        exchange.store.presence.signaled(Cast.petya)
        let blockedAt = exchange.time.now
        exchange.time.advance(by: .seconds(10))
        exchange.store.presence.signaled(Cast.petya)
        let hidden = try await presence.presence(of: Cast.petya.userId, for: Cast.vasya.userId)
        #expect(hidden == Presence(userId: Cast.petya.userId, status: .offline, lastSeenAt: blockedAt))
        let shown = try await presence.presence(of: Cast.petya.userId, for: Cast.stranger.userId)
        #expect(
            shown == Presence(userId: Cast.petya.userId, status: .online, lastSeenAt: exchange.time.now))
    }

    /// The time last seen used to rise to the time of the block as soon as the user was connected again.
    @Test func `A user who was offline before the block stays so, and was last seen before it`() async throws {
        exchange.store.presence.signaled(Cast.petya)
        let before = Presence(userId: Cast.petya.userId, status: .offline, lastSeenAt: exchange.time.now)
        exchange.time.advance(by: .seconds(10))
        try await block(Cast.vasya, by: Cast.petya)
        #expect(try await presence.presence(of: Cast.petya.userId, for: Cast.vasya.userId) == before)
        exchange.time.advance(by: .seconds(10))
        exchange.store.presence.opened(Cast.petya)
        #expect(try await presence.presence(of: Cast.petya.userId, for: Cast.vasya.userId) == before)
        try await disconnect(Cast.petya)
        #expect(try await presence.presence(of: Cast.petya.userId, for: Cast.vasya.userId) == before)
    }

    /// Who goes offline used to be reported as last seen some seconds before, and who blocked as last seen in that
    /// moment.
    @Test func `A departure and a block are told with the same event`() async throws {
        let petya = Cast.petya.userId
        for isBlock in [false, true] {
            exchange.store.presence.opened(Cast.petya)
            _ = try await presence.watch([petya], by: Exchange.signIn(of: Cast.vasya))
            exchange.time.advance(by: .seconds(100))
            if isBlock { try await block(Cast.vasya, by: Cast.petya) } else { try await disconnect(Cast.petya) }
            try await presence.refresh(petya)
            let gone = Presence(userId: petya, status: .offline, lastSeenAt: exchange.time.now)
            #expect(presence.takePending(for: Cast.vasya.deviceId) == [gone])
            exchange.time.advance(by: .seconds(100))
            #expect(try await presence.presence(of: petya, for: Cast.vasya.userId) == gone)
        }
    }

    /// Who comes back was seen at that time, and the end of a block used to show the time of the last request.
    @Test func `An arrival and the end of a block are told with the same event`() async throws {
        let petya = Cast.petya.userId
        _ = try await presence.watch([petya], by: Exchange.signIn(of: Cast.vasya))
        for isBlock in [false, true] {
            if isBlock {
                try await block(Cast.vasya, by: Cast.petya)
                try await presence.refresh(petya)
                _ = presence.takePending(for: Cast.vasya.deviceId)
                exchange.time.advance(by: .seconds(100))
                try await accounts.unblock(Cast.vasya.userId, by: Exchange.signIn(of: Cast.petya))
            } else {
                exchange.store.presence.opened(Cast.petya)
            }
            try await presence.refresh(petya)
            let back = Presence(userId: petya, status: .online, lastSeenAt: exchange.time.now)
            #expect(presence.takePending(for: Cast.vasya.deviceId) == [back])
        }
    }

    @Test func `The watch list of a blocked viewer shows the same`() async throws {
        exchange.store.presence.opened(Cast.petya)
        try await block(Cast.vasya, by: Cast.petya)
        let watched = try await presence.watch([Cast.petya.userId], by: Exchange.signIn(of: Cast.vasya))
        #expect(
            watched == [Presence(userId: Cast.petya.userId, status: .offline, lastSeenAt: ManualTime.start)])
        #expect(try await presence.watched(by: Cast.vasya) == watched)
    }

    /// A watching device used to get no event, and continued to show the user as online.
    @Test func `A block and its end look like going offline and coming back, only to the blocked user`() async throws {
        let petya = Cast.petya.userId
        exchange.store.presence.opened(Cast.petya)
        for watcher in [Cast.vasya, Cast.vasyaTablet, Cast.stranger] {
            _ = try await presence.watch([petya], by: Exchange.signIn(of: watcher))
        }
        exchange.time.advance(by: .seconds(10))
        exchange.store.presence.signaled(Cast.petya)
        try await block(Cast.vasya, by: Cast.petya)
        try await presence.refresh(petya)
        let gone = Presence(userId: petya, status: .offline, lastSeenAt: exchange.time.now)
        for watcher in [Cast.vasya, Cast.vasyaTablet] {
            #expect(presence.takePending(for: watcher.deviceId) == [gone])
        }
        #expect(presence.takePending(for: Cast.stranger.deviceId) == [])

        _ = try await exchange.calls.invite(Cast.invitation(from: Cast.petya, to: Cast.stranger.userId))
        try await presence.refresh(petya)
        #expect(presence.takePending(for: Cast.vasya.deviceId) == [], "what happens meanwhile")
        #expect(presence.takePending(for: Cast.stranger.deviceId).map(\.status) == [.busy])

        try await exchange.store.write { try $0.unblock(Cast.vasya.userId, by: petya) }
        try await presence.refresh(petya)
        #expect(presence.takePending(for: Cast.vasya.deviceId).map(\.status) == [.busy])
        #expect(presence.takePending(for: Cast.stranger.deviceId) == [])
    }

    @Test func `A block by an offline user is not reported`() async throws {
        _ = try await presence.watch([Cast.petya.userId], by: Exchange.signIn(of: Cast.vasya))
        try await block(Cast.vasya, by: Cast.petya)
        try await presence.refresh(Cast.petya.userId)
        exchange.store.presence.opened(Cast.petya)
        try await presence.refresh(Cast.petya.userId)
        #expect(presence.takePending(for: Cast.vasya.deviceId) == [])
    }

    @Test func `A commit contains the users whose blocks it changes`() async throws {
        let users = Mutex<[UserID]>([])
        exchange.store.observeCommits { commit in users.withLock { $0 += commit.users } }
        try await block(Cast.vasya, by: Cast.petya)
        try await exchange.store.write { try $0.unblock(Cast.vasya.userId, by: Cast.petya.userId) }
        #expect(users.withLock(\.self) == [Cast.petya.userId, Cast.petya.userId])
    }

    @Test func `The user must exist`() async throws {
        let problem = try await #require(throws: Problem.self) {
            try await presence.presence(of: Cast.user("nobody"), for: Cast.vasya.userId)
        }
        #expect(problem.code == .userNotFound)
    }

    @Test func `A device that was signed out meanwhile watches nobody`() async throws {
        try await exchange.store.write { try $0.delete(Cast.vasya.deviceId) }
        let problem = try await #require(throws: Problem.self) {
            try await presence.watch([Cast.petya.userId], by: Exchange.signIn(of: Cast.vasya))
        }
        #expect(problem.code == .unauthenticated)
        #expect(try await exchange.store.read { try $0.watchedUsers(by: Cast.vasya.deviceId) } == [])
    }
}
