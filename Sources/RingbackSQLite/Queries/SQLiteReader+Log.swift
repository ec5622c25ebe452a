import GRDB
import RingbackCore
import RingbackModel

/// Reading the rows of the log.
extension SQLiteReader {
    /// The row that contains an entry; `nil` if it was pruned.
    func logRow(with entry: Int64) throws -> StoredLogRow? {
        // A walk often stays in a row, or returns to one.
        if let row = logRows.last(where: { $0.first <= entry && entry <= $0.last }) { return row }
        let row = try first(
            "SELECT last, first, entries FROM log WHERE last >= ? ORDER BY last LIMIT 1", [entry], StoredLogRow.init)
        guard let row, row.first <= entry else { return nil }
        if logRows.count == Self.keptLogRows { logRows.removeFirst() }
        logRows.append(row)
        return row
    }

    /// The body of an event in a row.
    func body(of event: LogRow.Event, in row: StoredLogRow) throws -> EventBody {
        guard let type = EventType(rawValue: event.head.type) else { throw CorruptRow(column: "entries") }
        if event.body.isEmpty { return EventBody(members: [], type: type, time: event.head.time) }
        let sql = "SELECT substr(bodies, ?, ?) FROM log WHERE last = ?"
        let body = try first(sql, [event.body.lowerBound + 1, event.body.count, row.last]) { $0.bytes(0) }
        guard let body, let body, body.count == event.body.count else { throw CorruptRow(column: "bodies") }
        return EventBody(members: body, type: type, time: event.head.time)
    }

    /// The number of the newest entry that this reader sees.
    func newestEntry() throws -> Int64 { try Self.newestEntry(db) }

    static func newestEntry(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(last) FROM log")) ?? 0
    }
}
