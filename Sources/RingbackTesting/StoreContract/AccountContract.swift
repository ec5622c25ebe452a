import RingbackCore
import RingbackModel
import Testing

/// The contract for users, devices, blocks and watch lists.
struct AccountContract {
    static let cases = [
        StoreCase("A user is read back as written, and its identifier is taken") { stores in
            try await AccountContract(stores).`A user is read back as written, and its identifier is taken`()
        },
        StoreCase("A profile can be changed") { stores in
            try await AccountContract(stores).`A profile can be changed`()
        },
        StoreCase("Writes of a user are performed one after the other") { stores in
            try await AccountContract(stores).`Writes of a user are performed one after the other`()
        },
        StoreCase("The directory is in the order of the names, by prefix and page") { stores in
            for argument in [
                ("", nil, 10, ["petya", "stranger", "u.1", "u.2", "u1", "u~", "vasya"]),
                ("u", nil, 10, ["u.1", "u.2", "u1", "u~"]),
                ("u.", nil, 10, ["u.1", "u.2"]), ("u", "u.1", 2, ["u.2", "u1"]), ("u", "u~", 10, []),
                ("x", nil, 10, []),
                ("", "stranger", 2, ["u.1", "u.2"]), ("vasya", nil, 10, ["vasya"]), ("vasyaa", nil, 10, []),
                ("u", "a", 1, ["u.1"]), ("u", "z", 10, []),
            ] as [(String, String?, Int, [String])] {
                try await AccountContract(stores).directory(
                    prefix: argument.0, after: argument.1, limit: argument.2, expected: argument.3)
            }
        },
        StoreCase("A device is read back as written, by its identifier and by its token") { stores in
            try await AccountContract(stores)
                .`A device is read back as written, by its identifier and by its token`()
        },
        StoreCase("The devices of a user are ordered by when they were last seen") { stores in
            try await AccountContract(stores).`The devices of a user are ordered by when they were last seen`()
        },
        StoreCase("A block is of one user by another, and can be removed") { stores in
            try await AccountContract(stores).`A block is of one user by another, and can be removed`()
        },
        StoreCase("Contacts are of one user, in pages, and end with either user") { stores in
            try await AccountContract(stores).`Contacts are of one user, in pages, and end with either user`()
        },
        StoreCase("Contacts that are added at the same time do not exceed the limit") { stores in
            try await AccountContract(stores).`Contacts that are added at the same time do not exceed the limit`()
        },
        StoreCase("A watch list belongs to a device and is replaced as a whole") { stores in
            try await AccountContract(stores).`A watch list belongs to a device and is replaced as a whole`()
        },
        StoreCase("Nothing of an erased user remains except the identifier") { stores in
            try await AccountContract(stores).`Nothing of an erased user remains except the identifier`()
        },
        StoreCase("A user with many events is erased in steps") { stores in
            try await AccountContract(stores).`A user with many events is erased in steps`()
        },
        StoreCase("Erasing that was interrupted is finished later") { stores in
            try await AccountContract(stores).`Erasing that was interrupted is finished later`()
        },
        StoreCase("Expired devices are pruned, the others stay") { stores in
            try await AccountContract(stores).`Expired devices are pruned, the others stay`()
        },
    ]

    private let stores: StoreFactory

    private let exchange: Exchange
    private var store: any Store { exchange.store }

    init(_ stores: StoreFactory) async throws {
        self.stores = stores
        exchange = try await Exchange.withCast(in: stores)
    }

    func `A user is read back as written, and its identifier is taken`() async throws {
        let account = Account(
            userId: Cast.user("Masha.99~@-_"), displayName: "Маша 😀", passwordHash: "scrypt$1$2$3$a$b", busy: .reject,
            createdAt: ManualTime.start + .milliseconds(1))
        #expect(try await store.write { try $0.insert(account) })
        #expect(try await store.read { try $0.account(account.userId) } == account)
        #expect(try await store.write { try $0.insert(Exchange.account(account.userId)) } == false)
        #expect(try await store.read { try $0.account(account.userId) } == account)
        #expect(
            try await store.read { try $0.account(Cast.user("masha.99~@-_")) } == nil, "names know upper and lower case"
        )
    }

    func `Writes of a user are performed one after the other`() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask { [store] in
                    try await store.write(of: Cast.vasya.userId) { store in
                        var account = try #require(try store.account(Cast.vasya.userId))
                        account.displayName += "+"
                        try store.update(account)
                    }
                }
            }
            try await group.waitForAll()
        }
        let account = try await store.read { try $0.account(Cast.vasya.userId) }
        #expect(account?.displayName == "VASYA" + String(repeating: "+", count: 20))
    }

    func `A profile can be changed`() async throws {
        var account = try #require(try await store.read { try $0.account(Cast.vasya.userId) })
        account.displayName = "V"
        account.busy = .reject
        account.passwordHash = "other"
        let changed = account
        try await store.write { try $0.update(changed) }
        #expect(try await store.read { try $0.account(Cast.vasya.userId) } == changed)
        #expect(try await store.read { try $0.account(Cast.petya.userId) }?.busy == .wait)
    }

    func directory(prefix: String, after: String?, limit: Int, expected: [String]) async throws {
        try await store.write { store in
            for name in ["u~", "u1", "u.2", "u.1"] { _ = try store.insert(Exchange.account(Cast.user(name))) }
        }
        let found = try await store.read { try $0.accounts(prefix: prefix, after: after.map(Cast.user), limit: limit) }
        #expect(found.map(\.userId.rawValue) == expected)
    }

    func `A device is read back as written, by its identifier and by its token`() async throws {
        let record = DeviceRecord(
            participant: Cast.participant("vasya", "vasya-laptop"), name: "Laptop \"Ёж\"",
            tokenHash: (0..<32).map { $0 }, createdAt: ManualTime.start, expiresAt: ManualTime.start + .seconds(5),
            lastSeenAt: nil)
        try await store.write { try $0.save(record) }
        #expect(try await store.read { try $0.device(record.participant.deviceId) } == record)
        #expect(try await store.read { try $0.device(tokenHash: record.tokenHash) } == record)
        #expect(try await store.read { try $0.device(tokenHash: [UInt8](repeating: 9, count: 32)) } == nil)
        var renewed = record
        renewed.tokenHash = (0..<32).map { 255 - $0 }
        renewed.name = nil
        let saved = renewed
        try await store.write { try $0.save(saved) }
        #expect(try await store.read { try $0.device(record.participant.deviceId) } == saved)
        #expect(try await store.read { try $0.device(tokenHash: record.tokenHash) } == nil, "the old token is void")
        try await store.write { try $0.delete(record.participant.deviceId) }
        #expect(try await store.read { try $0.device(tokenHash: saved.tokenHash) } == nil)
    }

    func `The devices of a user are ordered by when they were last seen`() async throws {
        #expect(
            try await store.read { try $0.devices(of: Cast.vasya.userId, limit: 9) }.map(\.participant) == [
                Cast.vasya, Cast.vasyaTablet,
            ])
        let seen = ManualTime.start + .seconds(60)
        try await store.write {
            try $0.setLastSeen([Cast.vasyaTablet.deviceId: seen, Cast.device("nobodys-phone"): seen])
        }
        let devices = try await store.read { try $0.devices(of: Cast.vasya.userId, limit: 1) }
        #expect(devices.map(\.participant) == [Cast.vasyaTablet] && devices.first?.lastSeenAt == seen)
        #expect(try await store.read { try $0.account(Cast.vasya.userId) }?.lastSeenAt == seen)
        try await store.write { try $0.setLastSeen([Cast.vasya.deviceId: seen - .seconds(30)]) }
        #expect(try await store.read { try $0.account(Cast.vasya.userId) }?.lastSeenAt == seen, "the latest counts")
        #expect(try await store.read { try $0.account(Cast.petya.userId) }?.lastSeenAt == nil)
    }

    func `A block is of one user by another, and can be removed`() async throws {
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        let now = ManualTime.start
        try await store.write { store in
            let shown = Concealment(lastSeenAt: now - .seconds(60))
            try store.block(vasya, by: petya, at: now, showing: shown)
            try store.block(
                Cast.stranger.userId, by: petya, at: now + .seconds(1), showing: Concealment(lastSeenAt: nil))
            try store.block(vasya, by: petya, at: now + .seconds(2), showing: Concealment(lastSeenAt: now))
        }
        #expect(
            try await store.read { try $0.blocks(of: petya) } == [
                Block(userId: Cast.stranger.userId, createdAt: now + .seconds(1)), Block(userId: vasya, createdAt: now),
            ])
        let shown = try await store.read { store in
            try [vasya, Cast.stranger.userId].map { try store.concealment(of: petya, from: $0) }
        }
        #expect(shown == [Concealment(lastSeenAt: now - .seconds(60)), Concealment(lastSeenAt: nil)])
        #expect(try await store.read { try $0.isBlocked(vasya, by: petya) })
        #expect(try await store.read { try $0.isBlocked(petya, by: vasya) } == false)
        try await store.write { store in
            try store.unblock(vasya, by: petya)
            try store.unblock(vasya, by: petya)
        }
        #expect(try await store.read { try $0.isBlocked(vasya, by: petya) } == false)
        #expect(try await store.read { try $0.blocks(of: petya) }.count == 1)
    }

    func `Contacts are of one user, in pages, and end with either user`() async throws {
        let (vasya, petya, stranger) = (Cast.vasya.userId, Cast.petya.userId, Cast.stranger.userId)
        let now = ManualTime.start
        try await store.write { store in
            guard var account = try store.account(petya) else { return }
            account.callsFrom = .contacts
            try store.update(account)
            try store.addContact(vasya, of: petya, at: now)
            try store.addContact(stranger, of: petya, at: now + .seconds(1))
            try store.addContact(vasya, of: petya, at: now + .seconds(2))
        }
        #expect(try await store.read { try $0.account(petya) }?.callsFrom == .contacts)
        let contacts = [
            Contact(userId: stranger, createdAt: now + .seconds(1)), Contact(userId: vasya, createdAt: now),
        ]
        #expect(try await store.read { try $0.contacts(of: petya, after: nil, limit: 9) } == contacts)
        #expect(try await store.read { try $0.contacts(of: petya, after: stranger, limit: 9) } == [contacts[1]])
        #expect(try await store.read { try $0.contacts(of: petya, after: nil, limit: 1) } == [contacts[0]])
        #expect(try await store.read { try $0.contactCount(of: petya) } == 2)
        #expect(try await store.read { try $0.isContact(petya, of: vasya) } == false)
        #expect(try await exchange.refusal(of: Cast.petya, toCall: vasya) == nil)
        #expect(try await exchange.refusal(of: Cast.vasya, toCall: petya) == nil)
        try await store.write { try $0.removeContact(vasya, of: petya) }
        #expect(try await exchange.refusal(of: Cast.vasya, toCall: petya) == .callNotPermitted)
        try await store.write { store in while try store.erase(stranger, at: now, limit: 1) {} }
        #expect(try await store.read { try $0.contacts(of: petya, after: nil, limit: 9) } == [])
        try await store.write { store in
            try store.addContact(vasya, of: petya, at: now)
            while try store.erase(petya, at: now, limit: 1) {}
        }
        #expect(try await store.read { try $0.contactCount(of: petya) } == 0)
    }

    func `Contacts that are added at the same time do not exceed the limit`() async throws {
        let petya = Cast.petya.userId
        try await store.write { store in
            for number in 0..<Limits.contacts + 8 {
                let user = Cast.user("u-\(number)")
                _ = try store.insert(Exchange.account(user))
                if number < Limits.contacts - 1 { try store.addContact(user, of: petya, at: ManualTime.start) }
            }
        }
        let hasher = PasswordHasher(costExponent: 4)
        let sessions = SessionService(
            store: store, hasher: hasher, time: exchange.time, lifetime: .seconds(60), administratorToken: nil)
        let accounts = AccountService(store: store, hasher: hasher, time: exchange.time, sessions: sessions)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    _ = try? await accounts.addContact(
                        Cast.user("u-\(Limits.contacts + number)"), by: Exchange.signIn(of: Cast.petya))
                }
            }
        }
        #expect(try await store.read { try $0.contactCount(of: petya) } == Limits.contacts)
    }

    func `A watch list belongs to a device and is replaced as a whole`() async throws {
        let (vasya, petya, stranger) = (Cast.vasya.userId, Cast.petya.userId, Cast.stranger.userId)
        try await store.write { store in
            try store.setWatchedUsers([stranger, petya, petya], by: Cast.vasya.deviceId)
            try store.setWatchedUsers([vasya], by: Cast.vasyaTablet.deviceId)
        }
        #expect(try await store.read { try $0.watchedUsers(by: Cast.vasya.deviceId) } == [petya, stranger])
        try await store.write { try $0.setWatchedUsers([vasya], by: Cast.vasya.deviceId) }
        #expect(try await store.read { try $0.watchedUsers(by: Cast.vasya.deviceId) } == [vasya])
        #expect(try await store.read { try $0.watchedUsers(by: Cast.vasyaTablet.deviceId) } == [vasya])
        try await store.write { try $0.delete(Cast.vasya.deviceId) }
        #expect(try await store.read { try $0.watchedUsers(by: Cast.vasya.deviceId) } == [])
    }

    func `Nothing of an erased user remains except the identifier`() async throws {
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        try await store.change { try $0.save(Cast.invitedCall()) }
        try await store.write { store in
            try store.block(petya, by: vasya, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
            try store.block(vasya, by: petya, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
            try store.setWatchedUsers([vasya, petya], by: Cast.petya.deviceId)
            try store.setWatchedUsers([petya], by: Cast.vasya.deviceId)
            while try store.erase(vasya, at: ManualTime.start, limit: 1) {}
        }
        try await store.read { store throws in
            #expect(try store.account(vasya) == nil)
            #expect(
                try store.accounts(prefix: "", after: nil, limit: 10).map(\.userId) == [petya, Cast.stranger.userId])
            #expect(try store.devices(of: vasya, limit: 10) == [])
            #expect(try store.device(Cast.vasya.deviceId) == nil)
            #expect(try store.blocks(of: vasya) == [])
            #expect(try store.blocks(of: petya) == [])
            #expect(try store.watchedUsers(by: Cast.petya.deviceId) == [petya])
            #expect(try store.call(Cast.callID()) != nil, "the other's history stays")
        }
        #expect(try await store.write { try $0.insert(Exchange.account(vasya)) } == false)
    }

    private func tell(_ users: [UserID], times: Int) async throws {
        try await store.change { store in
            for number in 0..<times {
                let event = EventBody(
                    type: .callRinging, time: ManualTime.start, callId: Cast.callID(1), callSeq: number, actor: nil
                ) { $0.field("number", number) }
                try store.append(event, to: users.map { .init(user: $0) })
            }
        }
    }

    func `A user with many events is erased in steps`() async throws {
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        for _ in 0..<10 { try await tell([vasya, petya], times: 10) }
        try await store.write { try $0.close(vasya, at: ManualTime.start) }
        var steps = 1
        while try await store.write({ try $0.erase(vasya, at: ManualTime.start, limit: 20) }) {
            #expect(try await store.read { try $0.closedUsers() } == [vasya])
            steps += 1
        }
        #expect(steps >= 5)
        #expect(try await store.read { try $0.closedUsers() } == [])
        let events = try await store.read { try $0.events(of: petya, after: 0, limit: 1000) }
        guard case .events(let events) = events else {
            Issue.record("\(events)")
            return
        }
        #expect(events.map(\.position) == Array(1...100))
    }

    func `Erasing that was interrupted is finished later`() async throws {
        let vasya = Cast.vasya.userId
        let id = try await exchange.invite()
        try await store.write { try $0.close(vasya, at: ManualTime.start) }
        let calls = exchange.calls
        for _ in 1...2 {
            try await calls.finishErasing { Issue.record("\($0): \($1)") }
            #expect(try await store.read { try $0.closedUsers() } == [])
        }
        #expect(try await exchange.call(id)?.ending?.reason == .canceled)
    }

    func `Expired devices are pruned, the others stay`() async throws {
        var record = Exchange.record(of: Cast.participant("vasya", "old-phone"))
        record.expiresAt = ManualTime.start - .milliseconds(1)
        let old = record
        let never = Timestamp(milliseconds: 0)
        let horizon = PruneHorizon(events: never, payloads: never, expiredDevices: ManualTime.start)
        let more = try await store.write { store in
            try store.save(old)
            return try store.prune(horizon, limit: 10)
        }
        #expect(!more)
        #expect(try await store.read { try $0.device(old.participant.deviceId) } == nil)
        #expect(try await store.read { try $0.device(Cast.vasya.deviceId) } != nil)
    }
}
