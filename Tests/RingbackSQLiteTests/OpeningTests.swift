import Foundation
import GRDB
import RingbackCore
import RingbackMigrations
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// Opening a database, or refusing it with advice.
struct OpeningTests {
    private let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    /// The database as another program would change it.
    private func change(_ sql: String) throws {
        try DatabaseQueue(path: database.path).write { try $0.execute(sql: sql) }
    }

    private func refusal() -> String {
        do {
            _ = try SQLiteStore(path: database.path)
            return "it was opened"
        } catch {
            return "\(error)"
        }
    }

    @Test func `Every commit is synced, in a write-ahead log`() async throws {
        let store = try SQLiteStore(path: database.path)
        #expect(try await store.pragma("synchronous") == "2")
        #expect(try await store.pragma("journal_mode") == "wal")
        #expect(try await store.pragma("foreign_keys") == "1")
        #expect(try await store.pragma("cache_spill") == "0")
        #expect(try await store.pragma("integrity_check") == "ok")
    }

    @Test func `The settings are kept after a commit and after reopening`() async throws {
        try await SQLiteStore(path: database.path).write { _ = try $0.insert(Exchange.account(Cast.vasya.userId)) }
        let store = try SQLiteStore(path: database.path)
        try await store.write { _ = try $0.insert(Exchange.account(Cast.petya.userId)) }
        #expect(try await store.pragma("synchronous") == "2")
        #expect(try await store.pragma("journal_mode") == "wal")
        #expect(try await store.read { try $0.account(Cast.vasya.userId) } != nil)
    }

    @Test func `A new database gets every migration, an old one none`() throws {
        let all = Migrations.sqlite.all.map(\.number)
        #expect(try SQLiteStore.migrate(path: database.path) == all)
        #expect(try SQLiteStore.migrate(path: database.path) == [])
        _ = try SQLiteStore(path: database.path)
        #expect(try SQLiteStore.migrate(path: database.path) == [])
    }

    @Test func `The migrations are numbered from 1 without gaps`() {
        #expect(Migrations.sqlite.all.map(\.number) == Array(1...Migrations.sqlite.all.count))
        #expect(Migrations.sqlite.all.allSatisfy { !$0.sql.isEmpty })
    }

    @Test func `Every SQL file of the folder is in the list, with its content`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appendingPathComponent("migrations/sqlite")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        let names = Migrations.sqlite.all.map { migration in
            String(repeating: "0", count: 4 - "\(migration.number)".count) + "\(migration.number)_\(migration.name).sql"
        }
        #expect(files.sorted() == names)
        for (name, migration) in zip(names, Migrations.sqlite.all) {
            #expect(try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) == migration.sql)
        }
    }

    @Test func `A database of a newer version is refused and not changed`() throws {
        _ = try SQLiteStore.migrate(path: database.path)
        try change("INSERT INTO schema_migrations (number, name, checksum) VALUES (99, 'future', 'x')")
        #expect(
            refusal().hasPrefix(
                "The database was created by a newer version of ringback (migration 99, this version knows"))
        #expect(throws: MigrationError.self) { try SQLiteStore.migrate(path: database.path) }
        let rows = try DatabaseQueue(path: database.path).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM schema_migrations")
        }
        #expect(rows == Migrations.sqlite.all.count + 1)
    }

    @Test func `A migration that was applied in a different version is refused`() throws {
        _ = try SQLiteStore.migrate(path: database.path)
        try change("UPDATE schema_migrations SET checksum = 'x' WHERE number = 1")
        #expect(refusal().hasPrefix("Migration 1 (schema) was applied to this database in a different version"))
    }

    @Test func `A database of an unreleased version is refused with advice, and not changed`() throws {
        _ = try SQLiteStore.migrate(path: database.path)
        // The migrations recorded by the development versions.
        let first = "f0bea24f5b3755031c7412a6cb4279afbae132f5bb887e8a91c9861da3047d19"
        try change("UPDATE schema_migrations SET checksum = '\(first)' WHERE number = 1")
        try change("DELETE FROM schema_migrations WHERE number > 1")
        for number in 2...5 {
            try change("INSERT INTO schema_migrations (number, name, checksum) VALUES (\(number), 'x', 'x')")
        }
        #expect(refusal().hasPrefix("The database was created by a development version of ringback"))
        #expect(refusal().contains("Move the file away"))
        let rows = try DatabaseQueue(path: database.path).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM schema_migrations")
        }
        #expect(rows == 5)
    }

    @Test func `A database of another program is refused and not changed`() throws {
        try change("CREATE TABLE notes (text TEXT)")
        #expect(refusal() == "The file is not a Ringback database. Choose another one with --database.")
        let tables = try DatabaseQueue(path: database.path).read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema")
        }
        #expect(tables == ["notes"])
    }

    @Test func `A file that is not a database is refused`() throws {
        try Data("To be or not to be, that is the question. ".utf8).write(to: URL(fileURLWithPath: database.path))
        #expect(refusal().contains("can't be opened"), "\(refusal())")
    }

    @Test func `A missing folder is named`() {
        #expect(throws: StoreError.self) { try SQLiteStore(path: database.path + "/nowhere/ringback.sqlite") }
    }

    @Test func `A second process can't open the database until the first has ended`() async throws {
        let store = try SQLiteStore(path: database.path)
        #expect(refusal().hasPrefix("Another ringback process is using the database"))
        #expect(throws: (any Error).self) { try SQLiteStore.migrate(path: database.path) }
        #expect(throws: (any Error).self) { try SQLiteStore.renewEpoch(path: database.path) }
        try await store.write { _ = try $0.insert(Exchange.account(Cast.vasya.userId)) }
        withExtendedLifetime(store) {}
    }

    @Test func `The lock is released with the store, or when it is closed`() async throws {
        let store = try SQLiteStore(path: database.path)
        await store.close()
        for _ in 1...3 { _ = try SQLiteStore(path: database.path) }
        withExtendedLifetime(store) {}
    }

    @Test func `The epoch does not change until it is renewed`() throws {
        let first = try SQLiteStore(path: database.path).epoch
        #expect(Cursor("\(first).1")?.epoch == first, "\(first) fits into a cursor")
        #expect(try SQLiteStore(path: database.path).epoch == first)
        try SQLiteStore.renewEpoch(path: database.path)
        #expect(try SQLiteStore(path: database.path).epoch != first)
    }
}
