import RingbackCore
import RingbackModel
import Testing

/// The contract of the store for sign-ins that have ended and for tickets.
struct SignInContract {
    static let cases = [
        StoreCase("Writes of a sign-in that has ended change nothing") { stores in
            for end in End.allCases {
                try await SignInContract(stores).`Writes of a sign-in that has ended change nothing`(end)
            }
        },
        StoreCase("The position of a sign-in is that of its user's newest event, until the sign-in has ended") {
            stores in
            try await SignInContract(stores)
                .`The position of a sign-in is that of its user's newest event, until the sign-in has ended`()
        },
        StoreCase("A device that has signed in again keeps its calls") { stores in
            try await SignInContract(stores).`A device that has signed in again keeps its calls`()
        },
        StoreCase("The identifier of a device that was signed out or pruned still belongs to its user") { stores in
            try await SignInContract(stores)
                .`The identifier of a device that was signed out or pruned still belongs to its user`()
        },
        StoreCase("The newest unused identifiers of a user are kept") { stores in
            try await SignInContract(stores).`The newest unused identifiers of a user are kept`()
        },
        StoreCase("Tokens of the platform are void until a sign-out, of a device or of all") { stores in
            try await SignInContract(stores).`Tokens of the platform are void until a sign-out, of a device or of all`()
        },
        StoreCase("A ticket can be taken only once") { stores in
            try await SignInContract(stores).`A ticket can be taken only once`()
        },
        StoreCase("A device keeps its newest tickets, without affecting those of others") { stores in
            try await SignInContract(stores).`A device keeps its newest tickets, without affecting those of others`()
        },
        StoreCase("Only expired tickets are removed") { stores in
            try await SignInContract(stores).`Only expired tickets are removed`()
        },
    ]

    private let exchange: Exchange
    private var store: any Store { exchange.store }
    private let vasya = Exchange.signIn(of: Cast.vasya)

    init(_ stores: StoreFactory) async throws { exchange = try await Exchange.withCast(in: stores) }

    private enum End: CaseIterable { case signedInAgain, signedOut, erased, expiredAndPruned }

    private static var again: DeviceRecord {
        var record = Exchange.record(of: Cast.vasya)
        record.tokenHash[0] += 1
        return record
    }

    /// A write that waited in the queue of a connection used to be carried out after its token had been revoked.
    private func `Writes of a sign-in that has ended change nothing`(_ end: End) async throws {
        let id = try await exchange.invite()
        try await store.write { store in
            switch end {
            case .signedInAgain: try store.save(Self.again)
            case .signedOut: try store.delete(Cast.vasya.deviceId)
            case .erased: try store.close(Cast.vasya.userId, at: ManualTime.start)
            case .expiredAndPruned:
                let never = Timestamp(milliseconds: 0)
                let later = ManualTime.start + .seconds(60 * 86_400)
                _ = try store.prune(PruneHorizon(events: never, payloads: never, expiredDevices: later), limit: 100)
            }
        }
        let before = try await exchange.call(id)
        let invitation = Cast.invitation()
        for action in [.change(id, .command(.cancel)), .invite(invitation)] as [CallRequest.Action] {
            let problem = await #expect(throws: Problem.self, "\(end)") {
                try await exchange.calls.perform(CallRequest(action, by: vasya))
            }
            #expect(problem?.code == .unauthenticated, "\(end)")
        }
        #expect(try await exchange.call(id) == before)
        #expect(try await store.read { try $0.liveCalls() }.count == 1)
        let isSignedIn = try await store.read { [vasya] store in try store.isSignedIn(vasya) }
        #expect(!isSignedIn)
    }

    private func `The position of a sign-in is that of its user's newest event, until the sign-in has ended`()
        async throws
    {
        let petya = Exchange.signIn(of: Cast.petya)
        let both: Set = [vasya, petya]
        #expect(try await store.positions(of: both) == [vasya: 0, petya: 0])
        _ = try await exchange.invite()
        let newest = try await store.read { store in
            (try store.newestPosition(of: Cast.vasya.userId), try store.newestPosition(of: Cast.petya.userId))
        }
        #expect(newest.1 > 0)
        #expect(try await store.positions(of: both) == [vasya: newest.0, petya: newest.1])
        try await store.write { try $0.save(Self.again) }
        #expect(
            try await store.positions(of: [vasya, petya, Self.again.signIn]) == [
                Self.again.signIn: newest.0, petya: newest.1,
            ])
        try await store.write { try $0.delete(Cast.petya.deviceId) }
        #expect(try await store.positions(of: both).isEmpty)
        #expect(try await store.positions(of: []).isEmpty)
    }

    private func `A device that has signed in again keeps its calls`() async throws {
        let id = try await exchange.invite()
        try await store.write { try $0.save(Self.again) }
        let answer = try await exchange.calls.perform(
            CallRequest(.change(id, .command(.cancel)), by: Self.again.signIn))
        #expect(answer.status == 200)
        #expect(try await exchange.call(id)?.ending?.reason == .canceled)
    }

    // MARK: Identifiers

    private func owner(of device: DeviceID) async throws -> UserID? {
        try await store.read { try $0.owner(of: device) }
    }

    private func `The identifier of a device that was signed out or pruned still belongs to its user`() async throws {
        let (phone, tablet, user) = (Cast.vasya.deviceId, Cast.vasyaTablet.deviceId, Cast.vasya.userId)
        #expect(try await owner(of: phone) == user)
        #expect(try await owner(of: Cast.device("nobodys-phone")) == nil)
        try await store.write { store in
            try store.delete(phone)
            let never = Timestamp(milliseconds: 0)
            let later = ManualTime.start + .seconds(60 * 86_400)
            _ = try store.prune(PruneHorizon(events: never, payloads: never, expiredDevices: later), limit: 100)
        }
        for device in [phone, tablet] {
            #expect(try await owner(of: device) == user)
            #expect(try await store.read { try $0.device(device) } == nil)
        }
        try await store.write { try $0.save(Exchange.record(of: Cast.vasya)) }
        #expect(try await owner(of: phone) == user)
        try await store.write { _ = try $0.erase(user, at: ManualTime.start, limit: .max) }
        for device in [phone, tablet] { #expect(try await owner(of: device) == nil, "there is no such user any more") }
    }

    private func `The newest unused identifiers of a user are kept`() async throws {
        let devices = (0..<DeviceRecord.formerDevices + 2).map { Cast.participant("vasya", "vasya-phone-\($0)") }
        for device in devices {
            exchange.time.advance(by: .seconds(1))
            try await store.write { store in
                try store.save(Exchange.record(of: device))
                try store.delete(device.deviceId)
            }
        }
        for (index, device) in devices.enumerated() {
            #expect(try await owner(of: device.deviceId) == (index < 2 ? nil : device.userId), "\(index)")
        }
        #expect(try await owner(of: Cast.petya.deviceId) == Cast.petya.userId)
    }

    private func `Tokens of the platform are void until a sign-out, of a device or of all`() async throws {
        let (now, user) = (ManualTime.start, Cast.vasya.userId)
        func void() async throws -> [Timestamp?] {
            try await store.read { store in
                try [Cast.vasya, Cast.vasyaTablet, Cast.petya].map { device in
                    try store.voidTokens(of: device.userId, device: device.deviceId)
                } + [store.voidTokens(of: user, device: nil)]
            }
        }
        try await store.write { try $0.delete(Cast.vasya.deviceId) }
        #expect(try await void() == [nil, nil, nil, nil], "a device that was removed for its age or number")
        try await store.write { try $0.voidTokens(of: user, Cast.vasya.deviceId, until: now) }
        #expect(try await void() == [now, nil, nil, now], "a token that names no device may be of any")
        try await store.write { try $0.voidTokens(of: user, nil, until: now + .seconds(1)) }
        #expect(try await void() == [now + .seconds(1), now + .seconds(1), nil, now + .seconds(1)])
        try await store.write { store in
            for number in 0...DeviceRecord.formerDevices {
                let device = DeviceID("device-\(number)")
                try store.voidTokens(of: user, device, until: now + .seconds(2 + number))
            }
        }
        let kept = try await store.read { store in
            try [0, 1].map { try store.voidTokens(of: user, device: DeviceID("device-\($0)")!) }
        }
        #expect(kept == [now + .seconds(1), now + .seconds(3)], "the newest sign-outs of single devices are kept")
        let last = now + .seconds(2 + DeviceRecord.formerDevices)
        #expect(try await void() == [now + .seconds(1), now + .seconds(1), nil, last])
        try await exchange.calls.erase(user)
        #expect(try await void() == [nil, nil, nil, nil])
    }

    // MARK: Tickets

    private func ticket(_ number: UInt8, of holder: SignIn, good seconds: Int = 30) -> Ticket {
        Ticket(
            hash: [UInt8](repeating: number, count: 32), holder: holder,
            expiresAt: ManualTime.start + .seconds(seconds), holderUntil: ManualTime.start + .seconds(600))
    }

    private func `A ticket can be taken only once`() async throws {
        let ticket = ticket(1, of: vasya)
        try await store.tickets.insert(ticket, limit: 16)
        let takers = try await withThrowingTaskGroup(of: Ticket?.self) { group in
            for _ in 0..<16 { group.addTask { [store] in try await store.tickets.take(hash: ticket.hash) } }
            return try await group.reduce(into: [Ticket?]()) { $0.append($1) }
        }
        #expect(takers.compactMap(\.self) == [ticket])
        #expect(try await store.tickets.take(hash: ticket.hash) == nil)
        #expect(try await store.tickets.take(hash: []) == nil)
    }

    private func `A device keeps its newest tickets, without affecting those of others`() async throws {
        let other = ticket(200, of: Exchange.signIn(of: Cast.vasyaTablet))
        try await store.tickets.insert(other, limit: 16)
        for number in 0..<40 as Range<UInt8> { try await store.tickets.insert(ticket(number, of: vasya), limit: 16) }
        var left: [UInt8] = []
        for number in 0..<40 as Range<UInt8>
        where try await store.tickets.take(hash: ticket(number, of: vasya).hash) != nil {
            left.append(number)
        }
        #expect(left == Array(24..<40))
        #expect(try await store.tickets.take(hash: other.hash) == other)
    }

    private func `Only expired tickets are removed`() async throws {
        let (old, new) = (ticket(1, of: vasya, good: 30), ticket(2, of: vasya, good: 31))
        for ticket in [old, new] { try await store.tickets.insert(ticket, limit: 16) }
        try await store.tickets.removeTickets(expiredBy: ManualTime.start + .seconds(30))
        #expect(try await store.tickets.take(hash: old.hash) == nil)
        #expect(try await store.tickets.take(hash: new.hash) == new)
    }
}
