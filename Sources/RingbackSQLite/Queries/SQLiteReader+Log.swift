import GRDB
import RingbackCore
import RingbackModel

/// Reading the rows of the log.
extension SQLiteReader {
    /// The row that contains an entry; `nil` if it was pruned.
    func logRow(with entry: Int64) throws -> StoredLogRow? {
        // A walk often stays in a row, or returns to one.
        if let row = logRows.last(where: { $0.first <= entry && entry <= $0.last }) { return row }
        try deadline?.check()
        let row = try logStatements().row(with: entry)
        guard let row, row.first <= entry else { return nil }
        if logRows.count == Self.keptLogRows { logRows.removeFirst() }
        logRows.append(row)
        return row
    }

    private func logStatements() throws -> LogStatements {
        if let statements { return statements }
        let prepared = try LogStatements(db)
        statements = prepared
        return prepared
    }

    /// The body of an event in a row.
    func body(of event: LogRow.Event, in row: StoredLogRow) throws -> EventBody {
        guard let type = EventType(rawValue: event.head.type) else { throw CorruptRow(column: "entries") }
        if event.body.isEmpty { return EventBody(members: [], type: type, time: event.head.time) }
        try deadline?.check()
        let body = try logStatements().bodies(event.body, of: row)
        guard let body, body.count == event.body.count else { throw CorruptRow(column: "bodies") }
        return EventBody(members: body, type: type, time: event.head.time)
    }

    /// The number of the newest entry that this reader sees.
    func newestEntry() throws -> Int64 { try Self.newestEntry(db) }

    static func newestEntry(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(last) FROM log")) ?? 0
    }
}

/// The statements with which each event of a log is read. Prepared once for a connection that reads many.
final class LogStatements {
    private let entries: HotStatement
    private let bodies: HotStatement

    init(_ db: Database) throws {
        entries = try HotStatement(
            db, "SELECT last, first, entries FROM log WHERE last >= ? ORDER BY last LIMIT 1")
        bodies = try HotStatement(db, "SELECT substr(bodies, ?, ?) FROM log WHERE last = ?")
    }

    /// The row that contains an entry; a later row if it was pruned.
    fileprivate func row(with entry: Int64) throws -> StoredLogRow? {
        entries.bind(entry)
        return try entries.first(StoredLogRow.init)
    }

    /// A part of the bodies of a row.
    fileprivate func bodies(_ range: Range<Int>, of row: StoredLogRow) throws -> [UInt8]? {
        bodies.bind(range.lowerBound + 1)
        bodies.bind(range.count)
        bodies.bind(row.last)
        return try bodies.first { $0.bytes(0) } ?? nil
    }
}
