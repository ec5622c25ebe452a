import Foundation
import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// Checking a database that a server may be using.
struct DatabaseCheckTests {
    private let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    /// The database as another program would change it.
    private func damage(_ sql: String) async throws {
        try await DatabaseQueue(path: database.path).writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF")
            try db.execute(sql: sql)
        }
    }

    private func broken(_ depth: StoreFinding.Depth = .everything) -> [String] {
        SQLiteStore.check(path: database.path, depth).filter { $0.grade != .fine }.map { "\($0.place): \($0.text)" }
    }

    /// An ended call, live ones, events beyond a milestone, and a checkpoint between them.
    private func makeCalls() async throws {
        let exchange = try Exchange(database)
        try await exchange.register(Cast.devices)
        let ended = try await exchange.invite()
        for number in 1...70 {
            try await exchange.store.change { store in
                let event = EventBody(
                    type: .callRinging, time: ManualTime.start, callId: ended, callSeq: number, actor: nil
                ) { $0.field("number", number) }
                try store.append(event, to: [.init(user: Cast.vasya.userId), .init(user: Cast.petya.userId)])
            }
        }
        _ = try await exchange.calls.endByAdministrator(ended)
        _ = try await exchange.connectingCall()
        let never = Timestamp(milliseconds: 0)
        _ = try await exchange.store.write {
            try $0.prune(PruneHorizon(events: never, payloads: never, expiredDevices: never), limit: 10)
        }
        _ = try await exchange.invite()
        await exchange.store.close()
    }

    @Test func `A database in use is found intact`() async throws {
        try await makeCalls()
        let store = try SQLiteStore(path: database.path)
        #expect(broken() == [])
        #expect(broken(.settings) == [])
        await store.close()
        #expect(broken() == [])
    }

    @Test func `A check does not change the file`() async throws {
        try await makeCalls()
        let before = try Data(contentsOf: URL(fileURLWithPath: database.path))
        _ = broken()
        #expect(try Data(contentsOf: URL(fileURLWithPath: database.path)) == before)
    }

    @Test(
        arguments: [
            ("DELETE FROM log WHERE last = (SELECT last FROM log ORDER BY last LIMIT 1 OFFSET 5)", "log: "),
            ("UPDATE log SET entries = x'00' WHERE last = (SELECT max(last) FROM log)", "log: row"),
            ("UPDATE log SET bodies = x'' WHERE last = (SELECT min(last) FROM log)", "bytes of bodies"),
            ("DELETE FROM log WHERE last > (SELECT max(last) - 6 FROM log)", "the head's 7"),
            ("UPDATE feed_heads SET position = position + 1", "the head's"),
            ("UPDATE feed_heads SET event_id = 1000000", "newer than the checkpoint"),
            ("UPDATE calls SET legs = '[{]' WHERE ended_at IS NULL", "live calls: "),
            ("UPDATE calls SET ended_at = NULL WHERE state = 'ended'", "ended and not ended"),
            ("DELETE FROM history WHERE user_id = 'vasya'", "in no history of their callers"),
            ("DELETE FROM calls WHERE ended_at IS NOT NULL", "entries of histories have no call"),
            ("DELETE FROM users WHERE user_id = 'petya'", "a row of devices refers to a row of users"),
            ("UPDATE schema_migrations SET checksum = 'other' WHERE number = 2", "schema: Migration 2"),
            ("INSERT INTO schema_migrations (number, name, checksum) VALUES (999, 'later', '')", "newer version"),
            ("DELETE FROM schema_migrations WHERE number > 1", "migrations are pending"),
        ])
    func `Damage is found`(change: String, words: String) async throws {
        try await makeCalls()
        try await damage(change)
        #expect(broken().contains { $0.contains(words) }, "\(broken())")
    }

    @Test func `Damaged pages are found`() async throws {
        try await makeCalls()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: database.path))
        let pages = Int(try file.seekToEnd()) / 4096
        for page in 2..<pages {
            try file.seek(toOffset: UInt64(page * 4096 + 100))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 2000))
        }
        try file.close()
        #expect(!broken().isEmpty)
    }

    @Test func `Another file is refused`() throws {
        try Data("no database at all, but text that is long enough to be one".utf8)
            .write(to: URL(fileURLWithPath: database.path))
        #expect(broken().count == 1)
    }
}
