import RingbackCore
import RingbackModel
import Testing

/// The contract for server keys, the audit log and bans.
struct ServerKeyContract {
    static let cases = [
        StoreCase("A server key is found by its hash, and its name is never free again") { stores in
            try await ServerKeyContract(stores)
                .`A server key is found by its hash, and its name is never free again`()
        },
        StoreCase("The audit log is read by key and by user, newest first, in pages") { stores in
            try await ServerKeyContract(stores)
                .`The audit log is read by key and by user, newest first, in pages`()
        },
        StoreCase("Old entries of the audit log are pruned") { stores in
            try await ServerKeyContract(stores).`Old entries of the audit log are pruned`()
        },
        StoreCase("Entries from when the clock was ahead keep no others in the audit log") { stores in
            try await ServerKeyContract(stores)
                .`Entries from when the clock was ahead keep no others in the audit log`()
        },
        StoreCase("A refused use leaves an entry with the reason, but not each one of many") { stores in
            try await ServerKeyContract(stores)
                .`A refused use leaves an entry with the reason, but not each one of many`()
        },
        StoreCase("The calls of a ban that was interrupted end at the start") { stores in
            try await ServerKeyContract(stores).`The calls of a ban that was interrupted end at the start`()
        },
        StoreCase("A use that fails leaves no entry, and one that succeeds leaves one") { stores in
            try await ServerKeyContract(stores).`A use that fails leaves no entry, and one that succeeds leaves one`()
        },
        StoreCase("A revoked key can't be used, also by a request that was admitted before") { stores in
            try await ServerKeyContract(stores)
                .`A revoked key can't be used, also by a request that was admitted before`()
        },
        StoreCase("A ban ends the sessions and the calls, and refuses sign-ins until it is lifted") { stores in
            try await ServerKeyContract(stores)
                .`A ban ends the sessions and the calls, and refuses sign-ins until it is lifted`()
        },
    ]

    private let exchange: Exchange
    private var store: any Store { exchange.store }
    private let sessions: SessionService
    private let platform: PlatformService
    private let vasya = Cast.vasya.userId

    init(_ stores: StoreFactory) async throws {
        exchange = try await Exchange.withCast(in: stores)
        let hasher = PasswordHasher(costExponent: 4)
        sessions = SessionService(
            store: exchange.store, hasher: hasher, time: exchange.time, lifetime: .seconds(3600),
            administratorToken: nil)
        let accounts = AccountService(store: exchange.store, hasher: hasher, time: exchange.time, sessions: sessions)
        platform = PlatformService(
            store: exchange.store, hasher: hasher, time: exchange.time, sessions: sessions, accounts: accounts,
            calls: exchange.calls)
    }

    private func name(_ text: String) throws -> ServerKey.Name { try #require(ServerKey.Name(text)) }

    /// Saves a key with all scopes.
    private func create(_ text: String = "backend") async throws -> (ServerKey, text: String) {
        let created = ServerKey.create(
            try name(text), scopes: Set(ServerKey.Scope.allCases), at: exchange.time.now, lifetime: .seconds(60))
        #expect(try await store.write { try $0.insert(created.0) })
        return created
    }

    private func use(_ key: ServerKey, _ operation: String = "operation", of user: UserID? = nil) throws -> KeyUse {
        try #require(KeyUse(by: .server(key), operation, user: user))
    }

    func `A server key is found by its hash, and its name is never free again`() async throws {
        let (key, text) = try await create()
        #expect(try await store.read { try $0.serverKey(hash: key.hash) } == key)
        #expect(try await sessions.authenticate(text) == .server(key))
        let second = ServerKey.create(key.name, scopes: [.users], at: exchange.time.now, lifetime: .seconds(1)).0
        #expect(try await store.write { try $0.insert(second) } == false)
        let now = exchange.time.now + .seconds(1)
        #expect(try await store.write { try $0.revoke(key.name, at: now) })
        #expect(try await store.write { try $0.revoke(key.name, at: now) } == false)
        #expect(try await store.write { try $0.insert(second) } == false)
        let unknown = try name("unknown")
        #expect(try await store.write { try $0.revoke(unknown, at: now) } == false)
        var revoked = key
        revoked.revokedAt = now
        let other = try await create("a-second").0
        #expect(try await store.read { try $0.serverKeys() } == [other, revoked])
        await #expect(throws: SessionService.unauthenticated) { try await sessions.authenticate(text) }
    }

    func `The audit log is read by key and by user, newest first, in pages`() async throws {
        let (one, two) = (try name("one"), try name("two"))
        let entries = (1...6).map { index in
            AuditEntry(
                time: exchange.time.now + .seconds(index), key: index.isMultiple(of: 2) ? two : one,
                operation: "operation-\(index)", user: index > 3 ? vasya : nil, object: index == 6 ? "object" : nil)
        }
        try await store.write { store in for entry in entries { try store.record(entry) } }
        func read(_ query: AuditQuery) async throws -> [Int] {
            try await store.read { try $0.audit(query) }.map { try #require(Int($0.operation.suffix(1))) }
        }
        #expect(try await read(AuditQuery(limit: 9)) == [6, 5, 4, 3, 2, 1])
        #expect(try await read(AuditQuery(key: one, limit: 9)) == [5, 3, 1])
        #expect(try await read(AuditQuery(user: vasya, limit: 9)) == [6, 5, 4])
        #expect(try await read(AuditQuery(key: two, user: vasya, limit: 1)) == [6])
        let newest = try #require(try await store.read { try $0.audit(AuditQuery(limit: 1)) }.first)
        #expect(newest.object == "object" && newest.user == vasya && newest.time == entries[5].time)
        #expect(try await read(AuditQuery(before: newest.number, limit: 2)) == [5, 4])
    }

    func `Old entries of the audit log are pruned`() async throws {
        let (key, now) = (try name("one"), exchange.time.now)
        try await store.write { store in
            for second in 1...5 {
                try store.record(AuditEntry(time: now + .seconds(second), key: key, operation: "\(second)"))
            }
        }
        let never = Timestamp(milliseconds: 0)
        let horizon = PruneHorizon(
            events: never, payloads: never, expiredDevices: never, audit: now + .seconds(4))
        while try await store.write({ try $0.prune(horizon, limit: 2) }) {}
        #expect(try await store.read { try $0.audit(AuditQuery(limit: 9)) }.map(\.operation) == ["5", "4"])
    }

    func `Entries from when the clock was ahead keep no others in the audit log`() async throws {
        let (key, now) = (try name("one"), exchange.time.now)
        try await store.write { store in
            for (index, seconds) in [9000, 9000, 9000, 1, 2, 3, 4, 5].enumerated() {
                try store.record(AuditEntry(time: now + .seconds(seconds), key: key, operation: "\(index)"))
            }
        }
        let never = Timestamp(milliseconds: 0)
        let horizon = PruneHorizon(events: never, payloads: never, expiredDevices: never, audit: now + .seconds(4))
        while try await store.write({ try $0.prune(horizon, limit: 2) }) {}
        #expect(
            try await store.read { try $0.audit(AuditQuery(limit: 9)) }.map(\.operation) == ["7", "6", "2", "1", "0"])
    }

    func `A refused use leaves an entry with the reason, but not each one of many`() async throws {
        let (key, _) = try await create()
        let (other, _) = try await create("other")
        for _ in 0..<100 { await platform.noteRefusal(key, "platformBanUser", .forbidden) }
        await platform.noteRefusal(other, "platformGetUser", about: vasya, .tokenExpired)
        func entries() async throws -> [AuditEntry] { try await store.read { try $0.audit(AuditQuery(limit: 999)) } }
        let first = try await entries()
        #expect(first.count == 61 && first[0].key == other.name && first[0].refusal == "token_expired")
        #expect(first[0].user == vasya)
        #expect(first[1].operation == "platformBanUser" && first[1].refusal == "forbidden" && first[1].user == nil)
        _ = try await platform.user(vasya, use(other))
        #expect(try await entries().first?.refusal == nil)
        exchange.time.advance(by: .seconds(60))
        for _ in 0..<5 { await platform.noteRefusal(key, "platformBanUser", .forbidden) }
        #expect(try await entries().count == 63)
    }

    func `The calls of a ban that was interrupted end at the start`() async throws {
        let ends = try await exchange.invite()
        let stays = try await exchange.invite(Cast.invitation(from: Cast.petya, to: Cast.stranger.userId))
        let now = exchange.time.now
        try await store.write { [vasya] store in
            var account = try #require(try store.account(vasya))
            account.bannedAt = now
            try store.update(account)
        }
        try await platform.resumeBans()
        #expect(try await exchange.call(ends)?.ending?.reason == .admin)
        #expect(try await exchange.call(stays)?.isLive == true)
    }

    func `A use that fails leaves no entry, and one that succeeds leaves one`() async throws {
        let (key, _) = try await create()
        let use = try use(key, of: vasya)
        await #expect(throws: Problem.self) { try await platform.user(Cast.user("nobody"), use) }
        await #expect(throws: Problem.self) {
            try await platform.create(vasya, displayName: "V", password: nil, use)
        }
        await #expect(throws: Problem.self) { try await platform.block(vasya, by: vasya, use) }
        #expect(try await store.read { try $0.audit(AuditQuery(limit: 9)) } == [])
        _ = try await platform.update(vasya, .init(displayName: "V"), password: nil, use)
        let entry = try #require(try await store.read { try $0.audit(AuditQuery(limit: 9)) }.first)
        #expect(entry.key == key.name && entry.operation == "operation" && entry.user == vasya)
        #expect(try await store.read { try $0.account(vasya) }?.displayName == "V")
    }

    func `A revoked key can't be used, also by a request that was admitted before`() async throws {
        let (key, _) = try await create()
        let use = try use(key, of: vasya)
        let now = exchange.time.now
        #expect(try await store.write { try $0.revoke(key.name, at: now) })
        await #expect(throws: SessionService.unauthenticated) { try await platform.erase(vasya, use) }
        await #expect(throws: SessionService.unauthenticated) { try await platform.ban(vasya, use) }
        await #expect(throws: SessionService.unauthenticated) {
            try await platform.createSession(of: vasya, deviceName: nil, device: nil, use)
        }
        #expect(try await store.read { try $0.account(vasya) }?.bannedAt == nil)
        #expect(try await store.read { try $0.devices(of: vasya, limit: 9) }.count == 2)
    }

    func `A ban ends the sessions and the calls, and refuses sign-ins until it is lifted`() async throws {
        let (key, _) = try await create()
        let use = try use(key, of: vasya)
        let call = try await exchange.invite()
        #expect(try await platform.ban(vasya, use).bannedAt == exchange.time.now)
        #expect(try await exchange.call(call)?.ending?.reason == .admin)
        #expect(try await store.read { try $0.devices(of: vasya, limit: 9) } == [])
        #expect(try await store.read { try $0.account(vasya) }?.bannedAt == exchange.time.now)
        func open() async throws -> Problem.Code? {
            do {
                _ = try await sessions.open(vasya, deviceName: nil, device: nil)
                return nil
            } catch let problem as Problem {
                return problem.code
            }
        }
        #expect(try await open() == .userBanned)
        try await platform.unban(vasya, use)
        #expect(try await open() == nil)
    }
}
