import Foundation
import GRDB
import GRDBSQLite
import RingbackSQLite
import RingbackTesting
import Testing

/// SQLite's write-ahead log when what a commit adds is written with one call: to SQLite it is as without.
struct GatheredLogTests {
    private let database: TemporaryDatabase
    private let writer: DatabaseQueue
    private let reader: DatabaseQueue

    init() throws {
        database = try TemporaryDatabase()
        // The store brings the layer along.
        _ = try SQLiteStore.migrate(path: database.path)
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // Nothing is synced, and a transaction soon has more pages than there is memory for but for a commit's.
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = 10")
        }
        writer = try DatabaseQueue(path: database.path, configuration: configuration)
        reader = try DatabaseQueue(path: database.path, configuration: configuration)
        try writer.write { try $0.execute(sql: "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL)") }
    }

    private func insert(_ ids: Range<Int>, _ db: Database) throws {
        for id in ids {
            let text = String(repeating: "\(id % 10)", count: id % 9000)
            try db.execute(sql: "INSERT INTO texts VALUES (?, ?)", arguments: [id, text])
        }
    }

    /// - Returns: How many texts there are, all of them as ``insert(_:_:)`` writes them.
    private func check(_ db: Database) throws -> Int {
        let sql = "SELECT count(*) FROM texts WHERE text = replace(hex(zeroblob(id % 9000)), '00', id % 10)"
        let good = try Int.fetchOne(db, sql: sql) ?? -1
        #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM texts") == good)
        #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
        return good
    }

    @Test func `The layer is there`() {
        #expect(String(cString: sqlite3_vfs_find(nil).pointee.zName) == "ringback")
    }

    @Test func `Another connection finds a commit whole as soon as it hears of it`() throws {
        for commit in 0..<150 {
            let ids = commit * 20..<commit * 20 + 1 + commit % 20
            try writer.write { try insert(ids, $0) }
            #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT max(id) FROM texts") } == ids.upperBound - 1)
        }
        #expect(try reader.read { try check($0) } == (0..<150).reduce(0) { $0 + 1 + $1 % 20 })
    }

    @Test func `A transaction larger than the memory reads what it wrote, and changes it`() throws {
        try writer.write { db in
            try insert(0..<1000, db)
            #expect(try check(db) == 1000)
            // Pages that are in the log already are written there once more.
            try db.execute(sql: "DELETE FROM texts WHERE id % 3 = 0")
            #expect(try check(db) == 666)
            try db.inSavepoint {
                try insert(5000..<5500, db)
                #expect(try check(db) == 1166)
                return .rollback
            }
            try insert(2000..<2100, db)
            #expect(try check(db) == 766)
        }
        #expect(try reader.read { try check($0) } == 766)
    }

    @Test func `Nothing of a transaction is written before its commit`() throws {
        func logBytes() throws -> UInt64? {
            try FileManager.default.attributesOfItem(atPath: database.path + "-wal")[.size] as? UInt64
        }
        let before = try #require(try logBytes())
        try writer.write { db in
            try insert(3000..<3200, db)
            #expect(try logBytes() == before)
        }
        #expect(try #require(try logBytes()) > before + 500_000)
    }

    @Test func `A commit is in the file, also of pages that were changed twice`() throws {
        try writer.write { try insert(0..<200, $0) }
        try writer.write { db in
            for _ in 0..<2 { try db.execute(sql: "UPDATE texts SET id = id + 1000 WHERE id < 3000") }
        }
        // As a process leaves it that was ended now.
        let copy = try TemporaryDatabase()
        for suffix in ["", "-wal"] {
            let file = try Data(contentsOf: URL(filePath: database.path + suffix))
            try file.write(to: URL(filePath: copy.path + suffix))
        }
        let count = try DatabaseQueue(path: copy.path).read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM texts WHERE id >= 2000")
        }
        #expect(count == 200)
    }

    @Test func `What was rolled back leaves nothing, also in the file`() throws {
        try writer.write { try insert(0..<50, $0) }
        struct Whim: Error {}
        for _ in 0..<3 {
            #expect(throws: Whim.self) {
                try writer.write { db in
                    try insert(100..<900, db)
                    throw Whim()
                }
            }
            #expect(try writer.read { try check($0) } == 50)
            #expect(try reader.read { try check($0) } == 50)
        }
        try writer.write { try insert(60..<70, $0) }
        #expect(try reader.read { try check($0) } == 60)
        try writer.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try writer.write { try insert(70..<80, $0) }
        try writer.close()
        try reader.close()
        #expect(try DatabaseQueue(path: database.path).read { try check($0) } == 70)
    }
}
