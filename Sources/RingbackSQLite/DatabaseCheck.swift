import GRDB
package import RingbackCore
import RingbackModel

extension SQLiteStore {
    /// Checks a database without changing it. A server may be using it.
    ///
    /// - Returns: What was found, in the order of the checks. After one that makes the others impossible there are no
    ///   more.
    package static func check(path: String, _ depth: StoreFinding.Depth) -> [StoreFinding] {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "ringback check"
            configuration.busyMode = .timeout(5)
            return try DatabaseQueue(path: path, configuration: configuration).read { db in
                var check = DatabaseCheck(db)
                check.run(depth)
                return check.findings
            }
        } catch {
            return [DatabaseCheck.finding("file", error)]
        }
    }
}

/// The checks of one state of a database.
struct DatabaseCheck {
    static let restore = "Restore a backup, run `ringback restored`, and keep the damaged file to look into."

    private let db: Database
    private(set) var findings: [StoreFinding] = []

    init(_ db: Database) { self.db = db }

    mutating func run(_ depth: StoreFinding.Depth) {
        do {
            guard try checkSchema() else { return }
            try checkSettings()
            guard depth == .everything else { return }
            try checkPages()
            try checkReferences()
            try checkLog()
            try checkLiveCalls()
            try checkHistories()
        } catch {
            findings.append(Self.finding("file", error))
        }
    }

    static func finding(_ place: String, _ error: any Error) -> StoreFinding {
        let reason = (error as? DatabaseError).map { $0.message ?? "\($0.resultCode)" } ?? "\(error)"
        return .broken(place, reason, advice: restore)
    }

    /// - Returns: Whether the tables are those of this version.
    private mutating func checkSchema() throws -> Bool {
        do {
            if let finding = StoreFinding.schema(pending: try Migrator().pending(db).count) {
                findings.append(finding)
                return false
            }
        } catch let error as MigrationError {
            findings.append(.schema(unknown: error.description))
            return false
        }
        findings.append(.fine("schema", "up to date"))
        return true
    }

    private mutating func checkSettings() throws {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
        findings.append(
            mode == "wal"
                ? .fine("journal", "a write-ahead log")
                : .warning(
                    "journal", "it is '\(mode)'",
                    advice: "Another program has changed it. `ringback serve` sets it to wal."))
    }

    private mutating func checkPages() throws {
        let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(StoreFinding.faultsShown))")
        report("pages", faults == ["ok"] ? [] : faults, fine: "SQLite finds the file intact")
    }

    private mutating func checkReferences() throws {
        var faults: [String] = []
        for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
            faults.append(
                "a row of \(row[0] as String? ?? "?") refers to a row of \(row[2] as String? ?? "?") that does not exist"
            )
        }
        report("references", faults, fine: "every row that another one refers to exists")
    }

    /// Reads the whole log: its rows, and in each user's log the positions and what leads from one entry to the one
    /// before.
    private mutating func checkLog() throws {
        var reader = LogCheck(erased: try erasedUsers())
        let rows = try Row.fetchCursor(db, sql: "SELECT last, first, entries, length(bodies) FROM log ORDER BY last")
        while let row = try rows.next() { reader.take(row) }
        try reader.compare(with: db)
        report(
            "log", reader.faults,
            fine: "\(reader.entries) entries of \(reader.users) users, whose positions have no gaps")
    }

    private func erasedUsers() throws -> Set<String> {
        try Set(String.fetchAll(db, sql: "SELECT user_id FROM users WHERE erased_at IS NOT NULL"))
    }

    /// Reads the live calls as a start does.
    private mutating func checkLiveCalls() throws {
        do {
            let live = try LiveRows(db, at: SystemTime().moment)
            report(
                "live calls", live.damaged.values.map { "\($0.call): \($0.error)" }.sorted(),
                fine: "\(live.entries.count), which agree with the log")
        } catch let error as CorruptRow {
            findings.append(Self.finding("live calls", error))
        }
    }

    private mutating func checkHistories() throws {
        let until = "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'history_until')"
        let counts: [(String, String)] = [
            (
                "calls are in no history of their callers",
                """
                SELECT count(*) FROM calls c WHERE id <= \(until)
                AND NOT EXISTS (SELECT 1 FROM history h WHERE h.user_id = c.caller_id AND h.call = c.id)
                """
            ),
            (
                "calls are in no history of their callees",
                """
                SELECT count(*) FROM calls c WHERE id <= \(until) AND NOT concealed
                AND NOT EXISTS (SELECT 1 FROM history h WHERE h.user_id = c.callee_id AND h.call = c.id)
                """
            ),
            (
                "entries of histories have no call",
                "SELECT count(*) FROM history h WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.id = h.call)"
            ),
            (
                "calls are ended and not ended at once",
                "SELECT count(*) FROM calls WHERE (state = 'ended') <> (ended_at IS NOT NULL)"
            ),
        ]
        var faults: [String] = []
        for (words, sql) in counts {
            let count = try Int.fetchOne(db, sql: sql) ?? 0
            if count > 0 { faults.append("\(count) \(words)") }
        }
        let calls = try Int.fetchOne(db, sql: "SELECT count(*) FROM calls") ?? 0
        report("histories", faults, fine: "they agree with the \(calls) calls that have rows")
    }

    private mutating func report(_ place: String, _ faults: [String], fine: String) {
        findings.append(.contents(place, faults: faults, fine: fine, advice: Self.restore))
    }
}
