import GRDB
import RingbackCore
import RingbackModel

/// The live calls as a newly opened database has them: their rows, and what the log tells of them, or of new ones, since.
struct LiveRows {
    private var byKey: [Int64: LiveTable.Entry] = [:]
    private var asOf: [Int64: Int64] = [:]

    init(_ db: Database) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM calls INDEXED BY calls_live WHERE ended_at IS NULL ORDER BY id")
        while let row = try rows.next() {
            let entry = try LiveTable.Entry(row)
            byKey[entry.key] = entry
            asOf[entry.key] = row["as_of"]
        }
        try retell(db)
    }

    /// In any order.
    var entries: [LiveTable.Entry] { Array(byKey.values) }

    /// Runs the machine over the events that the rows don't have.
    private mutating func retell(_ db: Database) throws {
        let types = Transition.retoldTypes.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        // Where the last checkpoint was, every row was complete.
        let events = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, call, type, time, body FROM events
                WHERE id > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'heads_until') AND type IN (\(types))
                ORDER BY id
                """)
        while let row = try events.next() {
            guard let key = row["call"] as Int64? else { continue }
            let event: Int64 = row["id"]
            if var entry = byKey[key] {
                guard event > asOf[key] ?? 0 else { continue }
                let body = try Self.body(row)
                entry.timeline.append(try entry.call.retell(body).timeline)
                if body.type.hasPayload { entry.lastPayload = event }
                if case .complete = entry.row { entry.row = .behind }
                byKey[key] = entry
            } else if row["type"] == EventType.callIncoming.rawValue, try !Self.hasRow(key, db) {
                let (call, transition) = try CallState.retold(Self.body(row))
                var entry = LiveTable.Entry(new: call, key: key)
                entry.timeline.append(transition.timeline)
                byKey[key] = entry
            }
        }
    }

    /// Whether a call has a row: it has when it ended.
    private static func hasRow(_ key: Int64, _ db: Database) throws -> Bool {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT 1 FROM calls WHERE id = ?"), arguments: [key]) != nil
    }

    private static func body(_ row: Row) throws -> EventBody {
        EventBody(members: row.bytes("body"), type: try row.value("type"), time: row.time("time"))
    }
}
