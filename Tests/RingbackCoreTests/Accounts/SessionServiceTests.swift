import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

/// Signing in and out.
struct SessionServiceTests {
    private let exchange: Exchange
    private let sessions: SessionService
    private let user = Cast.user("masha")

    init() async throws {
        exchange = try await Exchange.withCast()
        let hasher = PasswordHasher(costExponent: 4)
        sessions = SessionService(
            store: exchange.store, hasher: hasher, time: exchange.time, lifetime: .seconds(60),
            administratorToken: "an administrator's token")
        exchange.store.observeCommits { [sessions] commit in for device in commit.ended { sessions.forget(device) } }
        _ = try await AccountService(store: exchange.store, hasher: hasher, time: exchange.time, sessions: sessions)
            .register(user, displayName: "Masha", password: "correct horse")
    }

    private func signIn(_ password: String = "correct horse", device: DeviceID? = nil) async throws -> Session {
        try await sessions.signIn(user, password: password, deviceName: "phone", device: device)
    }

    private func signIn(of session: Session) async throws -> SignIn {
        let record = try await exchange.store.read { try $0.device(session.deviceId) }
        return try #require(record?.signIn)
    }

    @Test func `A token is valid for its device until it expires`() async throws {
        let session = try await signIn()
        #expect(session.expiresAt == exchange.time.now + .seconds(60) && session.deviceName == "phone")
        let signIn = try await signIn(of: session)
        #expect(signIn.participant == Participant(userId: user, deviceId: session.deviceId))
        let principal = SessionService.Principal.device(signIn, expiresAt: session.expiresAt)
        exchange.time.advance(by: .milliseconds(59_999))
        #expect(try await sessions.authenticate(session.token) == principal)
        #expect(try await sessions.principal(of: signIn) == principal)
        exchange.time.advance(by: .milliseconds(1))
        #expect(await problemCode { try await sessions.authenticate(session.token) } == .tokenExpired)
        #expect(await problemCode { try await sessions.principal(of: signIn) } == .tokenExpired)
    }

    @Test(arguments: ["", "x", "an administrator's tokem", String(repeating: "x", count: 10_000)])
    func `Any other text is not a token`(token: String) async throws {
        _ = try await signIn()
        #expect(await problemCode { try await sessions.authenticate(token) } == .unauthenticated)
    }

    @Test func `The administrator's token authenticates the administrator`() async throws {
        #expect(try await sessions.authenticate("an administrator's token") == .administrator)
    }

    @Test func `The token is not in the database`() async throws {
        let session = try await signIn()
        let record = try #require(try await exchange.store.read { try $0.device(session.deviceId) })
        #expect(record.tokenHash.count == 32 && record.tokenHash != Array(session.token.utf8.prefix(32)))
    }

    @Test func `A wrong password and an unknown user give the same error`() async throws {
        let wrong = await #expect(throws: Problem.self) { try await signIn("wrong horse") }
        let unknown = await #expect(throws: Problem.self) {
            try await sessions.signIn(Cast.user("nobody"), password: "correct horse", deviceName: nil, device: nil)
        }
        #expect(wrong?.code == .unauthenticated && wrong == unknown)
    }

    @Test func `After ten wrong passwords, the user must wait until the minute is over`() async throws {
        for _ in 0..<10 { #expect(await problemCode { try await signIn("wrong") } == .unauthenticated) }
        exchange.time.advance(by: .milliseconds(59_999))
        let problem = await #expect(throws: Problem.self) { try await signIn() }
        #expect(problem?.code == .rateLimited && problem?.retryAfterSeconds == 1)
        exchange.time.advance(by: .milliseconds(1))
        _ = try await signIn()
    }

    @Test func `After ten attempts, an unknown user must wait, too`() async throws {
        let signIn = { [sessions] in
            try await sessions.signIn(Cast.user("nobody"), password: "correct horse", deviceName: nil, device: nil)
        }
        for _ in 0..<10 { #expect(await problemCode { try await signIn() } == .unauthenticated) }
        #expect(await problemCode { try await signIn() } == .rateLimited)
    }

    @Test func `A right password resets the number of wrong ones`() async throws {
        for _ in 0..<3 {
            for _ in 0..<9 { _ = await problemCode { try await signIn("wrong") } }
            _ = try await signIn()
        }
    }

    @Test func `A device that signs in again has a new token, and the old one is invalid`() async throws {
        let first = try await signIn()
        _ = try await sessions.authenticate(first.token)
        let before = try await signIn(of: first)
        let second = try await sessions.signIn(user, password: "correct horse", deviceName: nil, device: first.deviceId)
        #expect(second.deviceId == first.deviceId && second.token != first.token && second.deviceName == "phone")
        #expect(await problemCode { try await sessions.authenticate(first.token) } == .unauthenticated)
        _ = try await sessions.authenticate(second.token)
        #expect(await problemCode { try await sessions.principal(of: before) } == .unauthenticated)
    }

    /// Another user could sign in with the identifier of a device that its owner had signed out, which locked the owner
    /// out.
    @Test func `The identifier of a device belongs to its user even after the device was signed out`() async throws {
        let session = try await signIn()
        try await sessions.revoke(session.deviceId, by: signIn(of: session))
        let vasya = Cast.vasya.userId
        #expect(
            await problemCode { try await sessions.open(vasya, deviceName: nil, device: session.deviceId) }
                == .invalidRequest)
        #expect(try await signIn(device: session.deviceId).deviceId == session.deviceId)
    }

    /// With 20,000 devices of one user, each of their invitations took 284 ms.
    @Test func `If a user has too many devices, the one that was seen longest ago is signed out`() async throws {
        var all: [Session] = []
        for _ in 0..<32 {
            all.append(try await sessions.open(user, deviceName: nil, device: nil))
            exchange.time.advance(by: .milliseconds(1))
        }
        let seen = [all[0].deviceId: exchange.time.now]
        try await exchange.store.write { try $0.setLastSeen(seen) }
        for session in all { _ = try await sessions.authenticate(session.token) }
        // A known device that signs in again does not count twice.
        all[0] = try await sessions.open(user, deviceName: nil, device: all[0].deviceId)
        for session in all { _ = try await sessions.authenticate(session.token) }
        let new = try await sessions.open(user, deviceName: nil, device: nil)
        #expect(await problemCode { try await sessions.authenticate(all[1].token) } == .unauthenticated)
        for session in [all[0]] + all[2...] + [new] { _ = try await sessions.authenticate(session.token) }
    }

    @Test func `Devices are listed in pages, the newest sign-in first`() async throws {
        var all: [DeviceID] = []
        for _ in 0..<7 {
            all.insert(try await sessions.open(user, deviceName: nil, device: nil).deviceId, at: 0)
            exchange.time.advance(by: .milliseconds(1))
        }
        let me = Participant(userId: user, deviceId: all[0])
        var (found, after): ([DeviceID], DevicePlace?) = ([], nil)
        for count in [3, 3, 1, 0] {
            let page = try await sessions.devices(of: me, after: after, limit: 3)
            #expect(page.count == count)
            found += page.map(\.deviceId)
            after = page.last.flatMap { DevicePlace($0.place.description) } ?? after
        }
        #expect(found == all)
        for text in ["", "1", "1.", ".x", "x.phone-of-mine", "1.short", "1 .phone-of-mine"] {
            #expect(DevicePlace(text) == nil, "\(text)")
        }
    }

    @Test func `A connected device was last seen now`() async throws {
        let session = try await signIn()
        let me = Participant(userId: user, deviceId: session.deviceId)
        let signedIn = exchange.time.now
        exchange.time.advance(by: .seconds(30))
        #expect(try await sessions.device(me.deviceId, for: me).lastSeenAt == signedIn)
        exchange.store.presence.opened(me)
        exchange.time.advance(by: .seconds(300))
        #expect(try await sessions.device(me.deviceId, for: me).lastSeenAt == exchange.time.now)
        #expect(try await sessions.devices(of: me, after: nil, limit: 9).map(\.lastSeenAt) == [exchange.time.now])
    }

    @Test func `A device of another user can't be taken over`() async throws {
        #expect(await problemCode { try await signIn(device: Cast.vasya.deviceId) } == .invalidRequest)
        #expect(try await exchange.store.read { try $0.device(Cast.vasya.deviceId) }?.participant == Cast.vasya)
    }

    @Test func `A device that is signed out has no valid token`() async throws {
        let session = try await signIn()
        _ = try await sessions.authenticate(session.token)
        let (vasya, laptop) = (Exchange.signIn(of: Cast.vasya), try await signIn(of: signIn()))
        #expect(await problemCode { try await sessions.revoke(session.deviceId, by: vasya) } == .notFound)
        try await sessions.revoke(session.deviceId, by: laptop)
        #expect(await problemCode { try await sessions.authenticate(session.token) } == .unauthenticated)
        // As when another node carries out the request once more.
        try await sessions.revoke(session.deviceId, by: laptop)
        #expect(await problemCode { try await sessions.revoke(session.deviceId, by: vasya) } == .notFound)
        #expect(await problemCode { try await sessions.revoke(Cast.device("nobodys-phone"), by: laptop) } == .notFound)
    }

    @Test func `A user sees their own devices and no others`() async throws {
        let (phone, laptop) = (try await signIn(), try await signIn())
        let me = Participant(userId: user, deviceId: phone.deviceId)
        let devices = try await sessions.devices(of: me, after: nil, limit: 9)
        #expect(Set(devices.map(\.deviceId)) == [phone.deviceId, laptop.deviceId])
        #expect(devices.filter(\.current).map(\.deviceId) == [phone.deviceId])
        #expect(try await sessions.device(laptop.deviceId, for: me).current == false)
        #expect(await problemCode { try await sessions.device(Cast.vasya.deviceId, for: me) } == .notFound)
    }

    @Test func `All devices of a user can be signed out at once`() async throws {
        let all = [try await signIn(), try await signIn(), try await signIn()]
        for session in all { _ = try await sessions.authenticate(session.token) }
        #expect(try await sessions.revokeAll(by: signIn(of: all[0])) == 3)
        for session in all {
            #expect(await problemCode { try await sessions.authenticate(session.token) } == .unauthenticated)
        }
        #expect(try await exchange.store.read { try $0.device(Cast.vasya.deviceId) } != nil, "other users' stay")
        _ = try await signIn()
    }

    /// A sign-in waits for scrypt; the token is issued for the account as it is afterwards.
    @Test(arguments: [true, false])
    func `A sign-in fails if the user is erased or changes the password meanwhile`(isErased: Bool) async throws {
        let store = InterruptedStore(exchange.store)
        let hasher = PasswordHasher(costExponent: 4)
        let other = SessionService(
            store: store, hasher: hasher, time: exchange.time, lifetime: .seconds(60), administratorToken: nil)
        store.interruptNextRead { [exchange, user] in
            if isErased {
                try await exchange.store.write { try $0.close(user, at: ManualTime.start) }
            } else {
                let hash = try await hasher.hash("battery staple")
                try await exchange.store.write { store in
                    guard var account = try store.account(user) else { return }
                    account.passwordHash = hash
                    try store.update(account)
                }
            }
        }
        let problem = await problemCode {
            try await other.signIn(user, password: "correct horse", deviceName: nil, device: nil)
        }
        #expect(problem == .unauthenticated)
        let devices = try await exchange.store.read { [user] store in try store.devices(of: user, limit: 9) }
        #expect(devices.isEmpty)
    }

    /// A token was read from the database just before it was invalidated, and inserted into the cache just after.
    @Test func `A token that is invalidated during its lookup is not valid afterwards`() async throws {
        let token = try await signIn().token
        let store = InterruptedStore(exchange.store)
        let other = SessionService(
            store: store, hasher: PasswordHasher(costExponent: 4), time: exchange.time, lifetime: .seconds(60),
            administratorToken: nil)
        exchange.store.observeCommits { commit in for device in commit.ended { other.forget(device) } }
        let device = try #require(try await exchange.store.read { try $0.devices(of: user, limit: 1) }.first).signIn
        store.interruptNextRead { try await other.revoke(device.participant.deviceId, by: device) }
        _ = try? await other.authenticate(token)
        #expect(await problemCode { try await other.authenticate(token) } == .unauthenticated)
    }

    @Test func `Who is erased while the password is verified does not sign in`() async throws {
        let store = InterruptedStore(exchange.store)
        let sessions = SessionService(
            store: store, hasher: PasswordHasher(costExponent: 4), time: exchange.time, lifetime: .seconds(60),
            administratorToken: nil)
        _ = try await signIn()
        store.interruptNextRead { [exchange, user] in try await exchange.calls.erase(user) }
        let problem = try await #require(throws: Problem.self) {
            try await sessions.signIn(user, password: "correct horse", deviceName: nil, device: nil)
        }
        #expect(problem.code == .unauthenticated)
        #expect(try await exchange.store.read { try $0.devices(of: user, limit: 9) } == [])
    }

    @Test func `A sign-in renews a hash of another cost`() async throws {
        let renewing = SessionService(
            store: exchange.store, hasher: PasswordHasher(costExponent: 5), time: exchange.time, lifetime: .seconds(60),
            administratorToken: nil)
        #expect(try await passwordHash().hasPrefix("scrypt$16$"))
        _ = try await renewing.signIn(user, password: "correct horse", deviceName: nil, device: nil)
        let renewed = try await passwordHash()
        #expect(renewed.hasPrefix("scrypt$32$"))
        _ = try await renewing.signIn(user, password: "correct horse", deviceName: nil, device: nil)
        #expect(try await passwordHash() == renewed)
    }

    private func passwordHash() async throws -> String {
        let user = user
        let account = try await exchange.store.read { try $0.account(user) }
        return try #require(account).passwordHash
    }

    /// Who guesses without the identifier of a device does not lock out those who have one. Since the other side of a
    /// call knows it, too, guesses with any identifiers share a limit, and don't lock out a device that shows its last
    /// token.
    @Test func `Guesses lock out only clients of which no more is known`() async throws {
        let (phone, laptop) = (try await signIn(), try await signIn())
        exchange.time.advance(by: .seconds(61))
        func attempt(_ password: String, device: DeviceID?, token: String? = nil) async -> Problem.Code? {
            await problemCode {
                try await sessions.signIn(
                    user, password: password, deviceName: nil, device: device, previousToken: token)
            }
        }
        for _ in 0..<10 { #expect(await attempt("wrong horse", device: nil) == .unauthenticated) }
        #expect(await attempt("correct horse", device: nil) == .rateLimited)
        #expect(await attempt("correct horse", device: Cast.petya.deviceId) == .rateLimited, "another user's")
        for device in [phone.deviceId, laptop.deviceId] {
            for _ in 0..<5 { #expect(await attempt("wrong horse", device: device) == .unauthenticated) }
        }
        for device in [laptop.deviceId, phone.deviceId] {
            #expect(await attempt("correct horse", device: device) == .rateLimited)
            #expect(await attempt("correct horse", device: device, token: "no token of anybody's") == .rateLimited)
        }
        #expect(
            await attempt("correct horse", device: phone.deviceId, token: phone.token) == nil, "though it has expired")
        #expect(
            await attempt("correct horse", device: phone.deviceId, token: phone.token) == .rateLimited,
            "it is not the newest any more")
        for _ in 0..<10 {
            #expect(await attempt("wrong horse", device: nil, token: laptop.token) == .unauthenticated)
        }
        #expect(await attempt("correct horse", device: laptop.deviceId, token: laptop.token) == .rateLimited)
    }
}

/// A store that runs an action between its next read and the return of the result.
private final class InterruptedStore: Store {
    private let store: any Store
    private let interruption = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(_ store: any Store) { self.store = store }

    func interruptNextRead(_ work: @escaping @Sendable () async throws -> Void) { interruption.withLock { $0 = work } }

    var epoch: String { store.epoch }

    var tickets: any TicketStore { store.tickets }

    func observe(_ observer: any StoreObserver) { store.observe(observer) }

    func submit(_ job: any StoreJob) { store.submit(job) }

    func takeDueCalls(limit: Int) async throws -> [CallID] { try await store.takeDueCalls(limit: limit) }

    func nextDeadline() async throws -> MonotonicTime? { try await store.nextDeadline() }

    var presence: any PresenceStore { store.presence }

    var liveCallCount: Int { store.liveCallCount }

    var outbox: any OutboxStore { store.outbox }

    func probe() async throws { try await store.probe() }

    func close() async { await store.close() }

    func write<T: Sendable>(
        _ priority: WritePriority, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T {
        try await store.write(priority, work)
    }

    func read<T: Sendable>(
        _ priority: ReadPriority, _ work: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        let result = try await store.read(priority, work)
        let interruption = interruption.withLock { interruption in
            defer { interruption = nil }
            return interruption
        }
        try await interruption?()
        return result
    }
}
