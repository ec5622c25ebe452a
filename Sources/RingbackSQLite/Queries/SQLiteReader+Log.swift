import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// The rows of the log.
extension SQLiteReader {
    /// The row with an entry of the log; `nil` when it is not there any more.
    func logRow(with entry: Int64) throws -> LogRow? {
        // A walk often stays in a row.
        if let lastRow, lastRow.first <= entry, entry <= lastRow.last { return lastRow }
        let row = try first(
            "SELECT last, first, entries FROM log WHERE last >= ? ORDER BY last LIMIT 1", [entry], LogRow.init)
        guard let row, row.first <= entry else { return nil }
        lastRow = row
        return row
    }

    /// The body of an event in a row.
    func body(of event: LogRow.Event, in row: LogRow) throws -> EventBody {
        guard let type = EventType(rawValue: event.head.type) else { throw CorruptRow(column: "entries") }
        let members = try first(
            "SELECT substr(bodies, ?, ?) FROM log WHERE last = ?",
            [event.body.lowerBound + 1, event.body.count, row.last]
        ) { Array($0[0] as Data) }
        guard let members, members.count == event.body.count else { throw CorruptRow(column: "bodies") }
        return EventBody(members: members, type: type, time: event.head.time)
    }

    /// The number of the newest entry that this reader sees.
    func newestEntry() throws -> Int64 { try Self.newestEntry(db) }

    static func newestEntry(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(last) FROM log")) ?? 0
    }
}
