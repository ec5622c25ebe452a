import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// Histories are complete, wherever the last checkpoint was.
struct HistoryTests {
    private let database: TemporaryDatabase
    private let store: SQLiteStore

    init() async throws {
        database = try TemporaryDatabase()
        store = try SQLiteStore(path: database.path)
        try await store.write { store in
            for participant in [Cast.vasya, Cast.petya, Cast.stranger] {
                _ = try store.insert(Exchange.account(participant.userId))
            }
        }
    }

    /// A call with an event, so that a checkpoint is made.
    private func invite(_ number: Int, from caller: Participant = Cast.vasya, _ reception: CallState.Reception = .rings)
        async throws
    {
        let (call, _) = CallState.invite(
            Cast.invitation(from: caller, to: Cast.petya.userId), id: Cast.callID(number), devices: [],
            reception: reception, at: ManualTime.start)
        try await store.change { store in
            try store.save(call, deadline: nil)
            let event = EventBody(type: .callRinging, time: ManualTime.start, callId: call.id, callSeq: 1, actor: nil) {
                _ in
            }
            try store.append(event, to: [.init(user: caller.userId)])
        }
    }

    private func end(_ numbers: Int...) async throws {
        try await store.change { store in
            for number in numbers {
                var call = try #require(try store.call(Cast.callID(number)))
                _ = call.endByAdministrator(at: ManualTime.start + .seconds(1))
                try store.save(call, deadline: nil)
            }
        }
        // An ended call is saved again: its quality summary arrives late.
        for number in numbers {
            try await store.change { store in
                try store.save(try #require(try store.call(Cast.callID(number))), deadline: nil)
            }
        }
    }

    private func checkpoint() async throws -> Int {
        let never = Timestamp(milliseconds: 0)
        let horizon = PruneHorizon(events: never, payloads: never, expiredDevices: never)
        _ = try await store.write { try $0.prune(horizon, limit: 1) }
        return try await DatabaseQueue(path: database.path).read { db in
            try Int.fetchOne(db, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'history_until'") ?? -1
        }
    }

    private func history(
        of user: Participant, with other: Participant? = nil, before: Int? = nil, limit: Int = 100,
        _ filter: HistoryQuery.Filter? = nil, in store: SQLiteStore
    ) async throws -> [Int] {
        let query = HistoryQuery(
            user: user.userId, filter: filter, with: other?.userId, before: before.map { Cast.callID($0) }, limit: limit
        )
        return try await store.read { try $0.history(query) }
            .map { Int($0.id.rawValue.dropFirst("call-".count)).map { $0 - 1_000_000 } ?? -1 }
    }

    /// - Parameter ended: Which of all calls have ended; all are Vasya's but 5, and 4 Petya must not know of.
    private func expectHistories(_ all: [Int], ended: [Int], in store: SQLiteStore) async throws {
        let (vasya, petya, stranger) = (Cast.vasya, Cast.petya, Cast.stranger)
        let newestFirst = Array(all.reversed())
        #expect(try await history(of: vasya, in: store) == newestFirst.filter { $0 != 5 })
        #expect(try await history(of: petya, in: store) == newestFirst.filter { $0 != 4 })
        #expect(try await history(of: stranger, in: store) == newestFirst.filter { $0 == 5 })
        #expect(try await history(of: petya, with: vasya, in: store) == newestFirst.filter { $0 < 4 || $0 > 5 })
        #expect(try await history(of: petya, with: petya, in: store) == [])
        let petyasEnded = ended.filter { $0 != 4 }.sorted(by: >)
        #expect(try await history(of: petya, .state(.ended), in: store) == petyasEnded)
        #expect(try await history(of: petya, limit: 2, .state(.ended), in: store) == Array(petyasEnded.prefix(2)))
        for before in all {
            #expect(
                try await history(of: vasya, before: before, in: store) == newestFirst.filter { $0 < before && $0 != 5 }
            )
            #expect(
                try await history(of: petya, before: before, limit: 1, .state(.ended), in: store)
                    == Array(petyasEnded.filter { $0 < before }.prefix(1)))
        }
    }

    @Test func `A history is complete before, between and after checkpoints, and in another process`() async throws {
        for number in 0..<3 { try await invite(number) }
        try await end(1)
        try await expectHistories([0, 1, 2], ended: [1], in: store)
        #expect(try await checkpoint() == 3)
        try await expectHistories([0, 1, 2], ended: [1], in: store)
        try await invite(3)
        try await invite(4, .concealed)
        try await invite(5, from: Cast.stranger)
        try await end(0, 4, 5)
        try await expectHistories([0, 1, 2, 3, 4, 5], ended: [0, 1, 4, 5], in: store)
        try await expectHistories([0, 1, 2, 3, 4, 5], ended: [0, 1, 4, 5], in: try reopened(1))
        #expect(try await checkpoint() == 6)
        try await invite(6)
        try await end(2, 3)
        try await expectHistories([0, 1, 2, 3, 4, 5, 6], ended: [0, 1, 2, 3, 4, 5], in: store)
        try await expectHistories([0, 1, 2, 3, 4, 5, 6], ended: [0, 1, 2, 3, 4, 5], in: try reopened(2))
    }

    private func reopened(_ number: Int) throws -> SQLiteStore {
        let copy = "\(database.path).\(number)"
        try DatabaseQueue(path: database.path).backup(to: DatabaseQueue(path: copy))
        return try SQLiteStore(path: copy)
    }
}
