import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

struct AccountServiceTests {
    private let exchange: Exchange
    private let accounts: AccountService
    private let sessions: SessionService
    private let masha = Cast.user("masha")

    init() async throws {
        exchange = try await Exchange.withCast()
        let hasher = PasswordHasher(costExponent: 4)
        sessions = SessionService(
            store: exchange.store, hasher: hasher, time: exchange.time, lifetime: .seconds(60), administratorToken: nil)
        accounts = AccountService(store: exchange.store, hasher: hasher, time: exchange.time, sessions: sessions)
    }

    @Test func `An identifier is used once, also after its user was erased`() async throws {
        let user = try await accounts.register(masha, displayName: "Masha", password: "correct horse")
        #expect(user == User(userId: masha, displayName: "Masha", createdAt: exchange.time.now))
        #expect(try await accounts.user(masha) == user)
        #expect(
            await problemCode { try await accounts.register(masha, displayName: "M", password: "correct horse") }
                == .userExists)
        try await exchange.calls.erase(masha)
        #expect(await problemCode { try await accounts.user(masha) } == .userNotFound)
        #expect(
            await problemCode { try await accounts.register(masha, displayName: "M", password: "correct horse") }
                == .userExists)
    }

    @Test func `Of concurrent registrations of an identifier, one succeeds`() async throws {
        let outcomes = await withTaskGroup(of: Problem.Code?.self) { group in
            for number in 0..<10 {
                group.addTask {
                    await problemCode {
                        try await accounts.register(Cast.user("masha"), displayName: "\(number)", password: "x")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1 && outcomes.count { $0 == .userExists } == 9)
    }

    @Test func `Members that an update does not contain are unchanged`() async throws {
        let (vasya, signIn) = (Cast.vasya.userId, Exchange.signIn(of: Cast.vasya))
        let before = try await accounts.ownUser(vasya)
        let (user, ended) = try await accounts.update(by: signIn, .init(busy: .reject))
        #expect(user.busy == .reject && user.displayName == before.displayName && ended == 0)
        #expect(try await accounts.ownUser(vasya) == user)
        #expect(try await accounts.user(vasya).busy == nil, "for the user's own eyes only")
        #expect(try await accounts.update(by: signIn, .init(displayName: "V")).0.busy == .reject)
        let nobody = Exchange.signIn(of: Cast.participant("nobody", "nobodys-phone"))
        #expect(
            await problemCode { try await accounts.update(by: nobody, .init(displayName: "x")) } == .unauthenticated)
    }

    private func register() async throws -> [Session] {
        _ = try await accounts.register(masha, displayName: "Masha", password: "correct horse")
        var all: [Session] = []
        for _ in 0..<3 { all.append(try await sessions.open(masha, deviceName: nil, device: nil)) }
        return all
    }

    private func change(
        _ old: String, to new: String, name: String? = nil, on session: Session
    ) async throws -> Int {
        let update = AccountService.Update(displayName: name, password: .init(new, insteadOf: old))
        return try await accounts.update(by: signIn(session), update).endedSessions
    }

    private func signIn(_ session: Session) async throws -> SignIn {
        guard case .device(let signIn, _) = try await sessions.authenticate(session.token) else {
            preconditionFailure("a device")
        }
        return signIn
    }

    /// A change of the password used to leave other devices signed in.
    @Test func `A new password replaces the old one and signs out all other devices`() async throws {
        let all = try await register()
        let ended = Mutex<Set<DeviceID>>([])
        exchange.store.observeCommits { [sessions] commit in
            for device in commit.ended { sessions.forget(device) }
            ended.withLock { $0.formUnion(commit.ended.map(\.participant.deviceId)) }
        }
        for session in all { _ = try await sessions.authenticate(session.token) }
        #expect(try await change("correct horse", to: "battery staple", on: all[0]) == 2)
        #expect(ended.withLock(\.self) == [all[1].deviceId, all[2].deviceId])
        _ = try await sessions.authenticate(all[0].token)
        for session in all.dropFirst() {
            #expect(await problemCode { try await sessions.authenticate(session.token) } == .unauthenticated)
        }
        #expect(try await sessions.account(of: masha, with: ["battery staple"], by: .unknown) != nil)
        #expect(try await sessions.account(of: masha, with: ["correct horse"], by: .unknown) == nil)
        #expect(try await exchange.store.read { try $0.device(Cast.vasya.deviceId) } != nil, "other users' stay")
    }

    @Test func `A wrong old password changes nothing and signs nobody out`() async throws {
        let all = try await register()
        #expect(
            await problemCode { try await change("wrong horse", to: "battery staple", name: "M", on: all[0]) }
                == .wrongPassword)
        for session in all { _ = try await sessions.authenticate(session.token) }
        #expect(try await sessions.account(of: masha, with: ["correct horse"], by: .unknown) != nil)
        #expect(try await accounts.user(masha).displayName == "Masha")
    }

    @Test func `A change of the password whose answer was lost can be repeated`() async throws {
        let all = try await register()
        #expect(try await change("correct horse", to: "battery staple", on: all[0]) == 2)
        #expect(try await change("correct horse", to: "battery staple", on: all[0]) == 0)
        #expect(
            await problemCode { try await change("correct horse", to: "another one", on: all[0]) } == .wrongPassword)
    }

    @Test func `Attempts with an old password are limited for each device`() async throws {
        let all = try await register()
        for _ in 0..<10 { _ = await problemCode { try await change("wrong", to: "battery staple", on: all[0]) } }
        #expect(
            await problemCode { try await change("correct horse", to: "battery staple", on: all[0]) } == .rateLimited)
        #expect(await problemCode { try await change("correct horse", to: "battery staple", on: all[1]) } == nil)
    }

    /// Ten wrong passwords a minute, from anywhere, kept a user from changing theirs.
    @Test func `Guessing the password does not keep a signed-in device from changing it`() async throws {
        let all = try await register()
        for _ in 0..<10 {
            let guess = await problemCode {
                try await sessions.account(of: masha, with: ["wrong"], by: .unknown) != nil
            }
            #expect(guess == nil)
        }
        #expect(
            await problemCode { try await sessions.account(of: masha, with: ["correct horse"], by: .unknown) != nil }
                == .rateLimited)
        #expect(try await change("correct horse", to: "battery staple", on: all[0]) == 2)
    }

    @Test func `A user can block others, but not themselves or users that don't exist`() async throws {
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        let signIn = Exchange.signIn(of: Cast.vasya)
        try await accounts.block(petya, by: signIn)
        try await accounts.block(petya, by: signIn)
        #expect(try await accounts.blocks(of: vasya).map(\.userId) == [petya])
        #expect(await problemCode { try await accounts.block(vasya, by: signIn) } == .forbidden)
        #expect(await problemCode { try await accounts.block(Cast.user("nobody"), by: signIn) } == .userNotFound)
        try await accounts.unblock(petya, by: signIn)
        try await accounts.unblock(petya, by: signIn)
        #expect(try await accounts.blocks(of: vasya) == [])
    }

    @Test func `Account requests of a sign-in that has ended fail`() async throws {
        let signIn = Exchange.signIn(of: Cast.vasya)
        _ = try await sessions.open(Cast.vasya.userId, deviceName: nil, device: Cast.vasya.deviceId)
        let before = try await accounts.ownUser(Cast.vasya.userId)
        #expect(
            await problemCode { try await accounts.update(by: signIn, .init(displayName: "x")) } == .unauthenticated)
        #expect(await problemCode { try await accounts.block(Cast.petya.userId, by: signIn) } == .unauthenticated)
        #expect(await problemCode { try await accounts.unblock(Cast.petya.userId, by: signIn) } == .unauthenticated)
        #expect(
            await problemCode { try await sessions.revoke(Cast.vasyaTablet.deviceId, by: signIn) } == .unauthenticated)
        #expect(await problemCode { try await sessions.revokeAll(by: signIn) } == .unauthenticated)
        #expect(await problemCode { try await exchange.calls.erase(Cast.vasya.userId, by: signIn) } == .unauthenticated)
        #expect(try await accounts.ownUser(Cast.vasya.userId) == before)
        #expect(try await accounts.blocks(of: Cast.vasya.userId) == [])
        #expect(try await exchange.store.read { try $0.devices(of: Cast.vasya.userId, limit: 9) }.count == 2)
    }
}
