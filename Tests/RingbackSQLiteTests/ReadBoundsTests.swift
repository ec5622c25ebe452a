import Foundation
import GRDB
import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

@testable import RingbackSQLite

/// A read costs what it returns, ends in time, and keeps nobody waiting.
struct ReadBoundsTests {
    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    private let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    @Test func `A statement that takes too long is ended, and the next one runs`() throws {
        let queue = try DatabaseQueue()
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        try queue.read { db throws in
            let deadline = ReadDeadline(.now + .milliseconds(20))
            let error = #expect(throws: DatabaseError.self) {
                try deadline.limit(db) { try Int.fetchOne(db, sql: endless) }
            }
            #expect(error?.resultCode == .SQLITE_INTERRUPT)
            #expect(throws: ReadDeadline.Passed.self) { try deadline.check() }
            #expect(try Int.fetchOne(db, sql: "SELECT 1") == 1)
        }
    }

    @Test func `A read that takes too long is refused with a time to come again`() async throws {
        let store = try SQLiteStore(path: database.path, readTime: .zero)
        let problem = try await #require(throws: Problem.self) {
            try await store.read { try $0.account(Cast.vasya.userId) }
        }
        #expect(problem.code == .storageUnavailable && problem.retryAfterSeconds == 1)
        try await store.write { _ = try $0.insert(Exchange.account(Cast.vasya.userId)) }
    }

    @Test func `The calls with one other user are found without looking at those with others`() async throws {
        let store = try SQLiteStore(path: database.path)
        try await store.write { _ = try $0.insert(Exchange.account(Cast.vasya.userId)) }
        try await store.change { changes in
            for number in 0..<300 {
                var (call, _) = CallState.invite(
                    Cast.invitation(to: number == 7 ? Cast.petya.userId : Cast.user("user-\(number)")),
                    id: Cast.callID(number), devices: [], reception: .rings, at: ManualTime.start)
                try changes.save(call)
                _ = call.endByAdministrator(at: ManualTime.start)
                try changes.save(call)
                let event = EventBody(
                    type: .callEnded, time: ManualTime.start, callId: call.id, callSeq: 1, actor: nil
                ) { _ in }
                try changes.append(event, to: [.init(user: Cast.vasya.userId)])
            }
        }
        for isIndexed in [false, true] {
            if isIndexed {
                let never = Timestamp(milliseconds: 0)
                let horizon = PruneHorizon(events: never, payloads: never, expiredDevices: never)
                _ = try await store.write { try $0.prune(horizon, limit: 1) }
            }
            for (peer, expected) in [("petya", [7]), ("nobody", [])] {
                let query = HistoryQuery(user: Cast.vasya.userId, with: Cast.user(peer), limit: 10)
                #expect(try await store.read { try $0.history(query) }.map(\.id) == expected.map { Cast.callID($0) })
            }
        }
        let plan = try await DatabaseQueue(path: database.path).read { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN " + SQLiteReader.history(isWithPeer: true),
                arguments: ["user": "vasya", "with": "petya", "before": 9, "limit": 1]
            ).map { $0["detail"] as String }
        }
        #expect(plan.first == "SEARCH history USING PRIMARY KEY (user_id=? AND peer_id=? AND call<?)", "\(plan)")
        #expect(plan.count == 2, "nothing is sorted: \(plan)")
    }

    @Test func `New reads wait while the gate is closed, and those that run are waited for`() async {
        let gate = ReadGate()
        let (isEmpty, isEmptyAgain) = (Flag(), Flag())
        await gate.enter()
        gate.close { isEmpty.set() }
        #expect(!isEmpty.isSet)
        async let second: Void = { await gate.enter() }()
        gate.leave()
        #expect(isEmpty.isSet)
        gate.open()
        await second
        gate.close { isEmptyAgain.set() }
        #expect(!isEmptyAgain.isSet, "the second still reads")
        gate.leave()
        #expect(isEmptyAgain.isSet)
    }

    @Test func `The write-ahead log stays small, however reads overlap`() async throws {
        let store = try SQLiteStore(path: database.path)
        let isOver = Flag()
        let text = String(repeating: "x", count: 30_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    while !isOver.isSet {
                        try await store.read { reader in
                            for _ in 0..<200 { _ = try reader.account(Cast.vasya.userId) }
                        }
                    }
                }
            }
            for number in 0..<4000 {
                try await store.change { changes in
                    let event = EventBody(
                        type: .callRinging, time: ManualTime.start, callId: Cast.callID(number), callSeq: 1, actor: nil
                    ) { $0.field("text", text) }
                    for _ in 0..<2 { try changes.append(event, to: [.init(user: Cast.vasya.userId)]) }
                }
            }
            isOver.set()
            try await group.waitForAll()
        }
        let size = try FileManager.default.attributesOfItem(atPath: database.path + "-wal")[.size] as? Int ?? 0
        // 240 MB were written.
        #expect(size < 120_000_000, "\(size) bytes")
    }
}
