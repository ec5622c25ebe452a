import GRDB
import RingbackCore
import RingbackModel

/// The live calls as a newly opened database has them: their rows, and what the log tells of them since.
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
        if !byKey.isEmpty { try retell(db) }
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
            guard let key = row["call"] as Int64?, var entry = byKey[key] else { continue }
            let event: Int64 = row["id"]
            guard event > asOf[key] ?? 0 else { continue }
            let body = EventBody(members: row.bytes("body"), type: try row.value("type"), time: row.time("time"))
            let transition = try entry.call.retell(body)
            entry.timeline.append(transition.timeline)
            if body.type.hasPayload { entry.lastPayload = event }
            entry.row = .behind
            byKey[key] = entry
        }
    }
}
