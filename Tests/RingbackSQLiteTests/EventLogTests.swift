import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// One log per user, walked back from the newest event.
struct EventLogTests {
    private let database: TemporaryDatabase
    private let vasya = Cast.vasya.userId
    private let petya = Cast.petya.userId

    init() throws { database = try TemporaryDatabase() }

    private func open() async throws -> SQLiteStore {
        let store = try SQLiteStore(path: database.path, readTime: .seconds(60))
        try await store.write { store in
            for user in [Cast.vasya.userId, Cast.petya.userId] { _ = try store.insert(Exchange.account(user)) }
        }
        return store
    }

    private static func event(_ number: Int, at time: Timestamp = ManualTime.start) -> EventBody {
        EventBody(type: .callRinging, time: time, callId: Cast.callID(number), callSeq: number, actor: nil) { json in
            json.field("number", number)
        }
    }

    /// Adds events to the logs of users, in this order.
    private func append(_ users: [UserID], to store: SQLiteStore, at time: Timestamp = ManualTime.start) async throws {
        try await store.change { store in
            for (number, user) in users.enumerated() {
                try store.append(Self.event(number, at: time), to: [.init(user: user)])
            }
        }
    }

    /// The positions after a position; `nil` if it was pruned.
    private func positions(
        of user: UserID, after position: Int64, limit: Int = 1000, in store: SQLiteStore
    ) async throws -> [Int64]? {
        guard
            case .events(let events) = try await store.read({ try $0.events(of: user, after: position, limit: limit) })
        else { return nil }
        #expect(events.allSatisfy { $0.user == user })
        return events.map(\.position)
    }

    @Test func `Positions count from 1 in every log, however the logs are interleaved`() async throws {
        let store = try await open()
        try await append([vasya, vasya, petya, vasya, petya], to: store)
        try await store.change { try $0.append(Self.event(9), to: [.init(user: vasya), .init(user: petya)]) }
        #expect(try await positions(of: vasya, after: 0, in: store) == [1, 2, 3, 4])
        #expect(try await positions(of: petya, after: 0, in: store) == [1, 2, 3])
        #expect(try await store.read { try [$0.newestPosition(of: vasya), $0.newestPosition(of: petya)] } == [4, 3])
    }

    @Test func `An event is read back as it was written`() async throws {
        let store = try await open()
        let body = EventBody(
            type: .callEnded, time: ManualTime.start + .milliseconds(7), callId: Cast.callID(), callSeq: 3,
            actor: Cast.petya
        ) {
            $0.field("text", "é\u{0}😀")
        }
        try await store.change { store in
            try store.append(
                body,
                to: [
                    .init(user: vasya, only: Cast.vasya.deviceId), .init(user: petya, except: Cast.petya.deviceId),
                ])
        }
        guard case .events(let events) = try await store.read({ try $0.events(of: vasya, after: 0, limit: 10) }),
            case .events(let others) = try await store.read({ try $0.events(of: petya, after: 0, limit: 10) })
        else {
            Issue.record("the events are gone")
            return
        }
        for event in [try #require(events.first), try #require(others.first)] {
            #expect(event.body.members == body.members && event.body.type == body.type && event.body.time == body.time)
        }
        #expect(events[0].only == Cast.vasya.deviceId && events[0].except == nil)
        #expect(events[0].isMeant(for: Cast.vasya.deviceId) && !events[0].isMeant(for: Cast.vasyaTablet.deviceId))
        #expect(others[0].only == nil && others[0].except == Cast.petya.deviceId)
        #expect(!others[0].isMeant(for: Cast.petya.deviceId) && others[0].isMeant(for: Cast.petyaTablet.deviceId))
    }

    @Test(
        arguments: [(0, 3, [1, 2, 3]), (2, 2, [3, 4]), (9, 5, [10]), (10, 5, []), (0, 100, Array(1...10))]
            as [(Int64, Int, [Int64])])
    func `A reader gets the events after its position, up to the limit`(after: Int64, limit: Int, expected: [Int64])
        async throws
    {
        let store = try await open()
        try await append((0..<20).map { $0.isMultiple(of: 2) ? vasya : petya }, to: store)
        #expect(try await positions(of: vasya, after: after, limit: limit, in: store) == expected)
    }

    @Test func `A position beyond the newest event is not in this log`() async throws {
        let store = try await open()
        #expect(try await positions(of: vasya, after: 0, in: store) == [])
        #expect(try await positions(of: vasya, after: 1, in: store) == nil)
        try await append([vasya, vasya], to: store)
        #expect(try await positions(of: vasya, after: 2, in: store) == [])
        #expect(try await positions(of: vasya, after: 3, in: store) == nil)
        #expect(try await positions(of: vasya, after: .max, in: store) == nil)
    }

    private static func horizon(events: Timestamp) -> PruneHorizon {
        let never = Timestamp(milliseconds: 0)
        return PruneHorizon(events: events, payloads: never, expiredDevices: never)
    }

    /// Prunes until nothing is left to prune. The first step only makes a checkpoint, beyond which nothing is removed.
    private func prune(_ store: SQLiteStore, eventsBefore moment: Timestamp) async throws {
        for _ in 0..<2 {
            while try await store.write({ try $0.prune(Self.horizon(events: moment), limit: 100) }) {}
        }
    }

    @Test func `Pruned events are gone, later ones are there`() async throws {
        let store = try await open()
        try await append([vasya, vasya, petya, vasya], to: store)
        try await append([vasya, petya, vasya], to: store, at: ManualTime.start + .seconds(10))
        try await prune(store, eventsBefore: ManualTime.start + .seconds(5))
        for position in 0..<3 as Range<Int64> {
            #expect(try await positions(of: vasya, after: position, in: store) == nil)
        }
        #expect(try await positions(of: vasya, after: 3, in: store) == [4, 5])
        #expect(try await positions(of: petya, after: 0, in: store) == nil)
        #expect(try await positions(of: petya, after: 1, in: store) == [2])
    }

    @Test func `Pruning works in steps and reports whether there is more`() async throws {
        let store = try await open()
        for _ in 0..<25 { try await append([vasya], to: store) }
        #expect(try await store.write { try $0.prune(Self.horizon(events: ManualTime.start), limit: 10) } == false)
        var rounds = 1
        while try await store.write({ try $0.prune(Self.horizon(events: ManualTime.start + .seconds(1)), limit: 10) }) {
            rounds += 1
        }
        #expect(rounds == 4)
        #expect(try await positions(of: vasya, after: 24, in: store) == [25], "the newest of all stays")
        #expect(try await positions(of: vasya, after: 23, in: store) == nil)
    }

    @Test func `Rows with a wrong time neither stop pruning nor leave holes`() async throws {
        let store = try await open()
        let year = ManualTime.start + .seconds(86_400 * 365)
        for _ in 0..<30 { try await append([petya], to: store, at: year) }
        try await append([vasya], to: store, at: ManualTime.start + .seconds(2))
        for _ in 0..<40 { try await append([vasya], to: store) }
        try await append([petya, vasya], to: store, at: ManualTime.start + .seconds(10))
        for _ in 0..<2 {
            while try await store.write({ try $0.prune(Self.horizon(events: ManualTime.start + .seconds(1)), limit: 7) }
            ) {}
        }
        #expect(try await positions(of: vasya, after: 41, in: store) == [42])
        #expect(try await positions(of: vasya, after: 40, in: store) == nil)
        #expect(try await positions(of: petya, after: 30, in: store) == [31])
        #expect(try await positions(of: petya, after: 29, in: store) == nil, "what is before the old is older")
    }

    @Test func `A log continues after everything in it was pruned, also in another process`() async throws {
        do {
            let store = try await open()
            try await append([vasya, vasya, vasya], to: store)
            try await append([petya], to: store, at: ManualTime.start + .seconds(10))
            try await prune(store, eventsBefore: ManualTime.start + .seconds(5))
            #expect(try await positions(of: vasya, after: 3, in: store) == [])
        }
        let store = try SQLiteStore(path: database.path, readTime: .seconds(60))
        #expect(try await store.read { try $0.newestPosition(of: vasya) } == 3)
        #expect(try await positions(of: vasya, after: 2, in: store) == nil)
        #expect(try await positions(of: vasya, after: 3, in: store) == [])
        try await append([vasya], to: store, at: ManualTime.start + .seconds(20))
        #expect(try await positions(of: vasya, after: 3, in: store) == [4])
        #expect(try await positions(of: vasya, after: 1, in: store) == nil, "2 and 3 were pruned: no partial replay")
    }

    @Test func `Beyond a checkpoint and in another process the log is the same`() async throws {
        let third = Cast.user("early")
        do {
            let store = try await open()
            try await store.write { _ = try $0.insert(Exchange.account(third)) }
            try await store.change { store in
                try store.append(Self.event(0), to: [.init(user: third)])
            }
            for _ in 0..<41 { try await append((0..<500).map { $0.isMultiple(of: 3) ? petya : vasya }, to: store) }
            try await append([vasya, petya, vasya], to: store)
            try await expectLogs([vasya: 41 * 333 + 2, petya: 41 * 167 + 1, third: 1], in: store)
        }
        let store = try SQLiteStore(path: database.path, readTime: .seconds(60))
        try await expectLogs([vasya: 41 * 333 + 2, petya: 41 * 167 + 1, third: 1], in: store)
        let heads = try await DatabaseQueue(path: database.path).read { db in
            (
                try Int.fetchOne(db, sql: "SELECT count(*) FROM feed_heads"),
                try Int.fetchOne(db, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'heads_until'")
            )
        }
        #expect(heads.0 == 3)
        #expect((heads.1 ?? 0) >= 20_000, "a checkpoint was made")
        try await append([third], to: store)
        #expect(try await positions(of: third, after: 1, in: store) == [2])
    }

    private func expectLogs(_ newest: [UserID: Int64], in store: SQLiteStore) async throws {
        #expect(try await store.pragma("integrity_check") == "ok")
        for (user, newest) in newest {
            #expect(try await store.read { try $0.newestPosition(of: user) } == newest, "\(user)")
            #expect(try await positions(of: user, after: newest - 1, in: store) == [newest])
            #expect(try await positions(of: user, after: newest + 1, in: store) == nil)
            var found: [Int64] = []
            while let page = try await positions(of: user, after: found.last ?? 0, in: store), !page.isEmpty {
                found += page
            }
            #expect(found == Array(1...newest))
        }
    }

    @Test func `The logs continue after reopening without a checkpoint`() async throws {
        do { try await append([vasya, petya, vasya], to: try await open()) }
        let store = try SQLiteStore(path: database.path, readTime: .seconds(60))
        try await append([vasya], to: store)
        #expect(try await positions(of: vasya, after: 0, in: store) == [1, 2, 3])
        #expect(try await positions(of: petya, after: 0, in: store) == [1])
    }

    @Test func `A user with many events is erased in steps, and goes on being erased after a reopening`() async throws {
        do {
            let store = try await open()
            for _ in 0..<40 { try await append([vasya, petya, vasya], to: store) }
            let prune = Self.horizon(events: Timestamp(milliseconds: 0))
            _ = try await store.write { try $0.prune(prune, limit: 1) }
            for _ in 0..<10 { try await append([vasya, petya, vasya], to: store) }
            try await store.write { try $0.close(vasya, at: ManualTime.start) }
            for _ in 0..<3 {
                #expect(try await store.write { try $0.erase(vasya, at: ManualTime.start, limit: 15) })
            }
        }
        var steps = 0
        let store = try SQLiteStore(path: database.path, readTime: .seconds(60))
        #expect(try await store.read { try $0.closedUsers() } == [vasya])
        while try await store.write({ try $0.erase(vasya, at: ManualTime.start, limit: 15) }) { steps += 1 }
        #expect((3...5).contains(steps), "\(steps)")
        #expect(try await store.read { try $0.closedUsers() } == [])
        #expect(try await positions(of: petya, after: 0, in: store) == Array(1...50))
        let left = try await DatabaseQueue(path: database.path).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM log WHERE instr(entries, 'vasya')")
        }
        #expect(left == 0)
    }

    @Test func `An erased user's log is empty, and the others' are whole`() async throws {
        let store = try await open()
        try await append([vasya, petya, vasya, petya], to: store)
        try await store.write { _ = try $0.erase(vasya, at: ManualTime.start, limit: .max) }
        #expect(try await positions(of: petya, after: 0, in: store) == [1, 2])
        let left = try await DatabaseQueue(path: database.path).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM log WHERE instr(entries, 'vasya')")
        }
        #expect(left == 0)
    }
}
