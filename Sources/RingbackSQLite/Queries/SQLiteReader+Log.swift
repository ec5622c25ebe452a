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
        let members = try row.bodies(event.body) ?? bodies(event.body, of: row)
        return EventBody(members: members, type: type, time: event.head.time)
    }

    private func bodies(_ range: Range<Int>, of row: StoredLogRow) throws -> [UInt8] {
        try deadline?.check()
        let bodies = try logStatements().bodies(range, of: row)
        guard let bodies, bodies.count == range.count else { throw CorruptRow(column: "bodies") }
        return bodies
    }

    /// The number of the newest entry that this reader sees.
    func newestEntry() throws -> Int64 { try Self.newestEntry(db) }

    static func newestEntry(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(last) FROM log")) ?? 0
    }
}

/// The statements with which each event of a log is read. Prepared once for a connection that reads many.
final class LogStatements {
    /// The size up to which the bodies of a row are read together with its entries. To find an event costs as much as
    /// to copy that.
    private static let smallBodies = 16_384

    private let entries: HotStatement
    private let bodies: HotStatement

    init(_ db: Database) throws {
        entries = try HotStatement(
            db,
            """
            SELECT last, first, entries, CASE WHEN length(bodies) <= \(Self.smallBodies) THEN bodies END
            FROM log WHERE last >= ? ORDER BY last LIMIT 1
            """)
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
