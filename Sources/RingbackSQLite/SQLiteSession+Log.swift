import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// The rows of the log.
extension SQLiteSession {
    /// Writes the events that this transaction has told. One row is enough for a commit, unless it tells of very much or reads
    /// what it has told.
    func writeLog() throws {
        guard let statement = statements?.insertLog, !staged.log.isEmpty else { return }
        statement.bind(staged.log.next - 1)
        statement.bind(staged.log.first)
        statement.bind(staged.log.time.milliseconds)
        try staged.log.withBytes { entries, bodies in
            statement.bind(lasting: entries)
            statement.bind(lasting: bodies)
            try statement.run()
        }
        staged.log.begin(at: staged.log.next)
    }

    /// The row with an entry of the log; `nil` when it is not there any more.
    func logRow(with entry: Int64) throws -> LogRow? {
        // A walk often stays in a row.
        if let lastRow, lastRow.first <= entry, entry <= lastRow.last { return lastRow }
        try writeLog()
        let row = try first(
            "SELECT last, first, entries FROM log WHERE last >= ? ORDER BY last LIMIT 1", [entry], LogRow.init)
        guard let row, row.first <= entry else { return nil }
        // A writer's rows may change.
        if statements == nil { lastRow = row }
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

    /// The number of the newest entry that this session sees.
    func newestEntry() throws -> Int64 { try Self.newestEntry(db) }

    static func newestEntry(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(last) FROM log")) ?? 0
    }

    /// Removes a user's log. The numbers of its entries are not given again.
    func eraseEvents(of user: UserID) throws {
        var next = try (staged.heads[user] ?? heads.headForWriter(of: user, db))?.event
        while let number = next, let row = try logRow(with: number) {
            // The user's first in the row: those behind it lead there.
            guard let entry = row.events.lazy.flatMap(\.entries).first(where: { $0.user == user }) else { return }
            try erase(user, from: row)
            next = entry.previous
        }
    }

    /// Writes a row anew without a user's entries, and without the bodies that nobody else has.
    private func erase(_ user: UserID, from row: LogRow) throws {
        let bodies = try first("SELECT bodies FROM log WHERE last = ?", [row.last]) { Array($0[0] as Data) } ?? []
        var draft = LogDraft(first: row.first)
        for event in row.events {
            guard event.body.upperBound <= bodies.count else { throw CorruptRow(column: "bodies") }
            let entries = event.entries.map { $0.user == user ? LogRow.Entry(position: 0) : $0 }
            let body = entries.contains { $0.user != nil } ? event.body : 0..<0
            draft.append(event.head, body: bodies[body], audience: entries.count)
            for entry in entries { draft.append(entry) }
        }
        try execute(
            "UPDATE log SET entries = ?, bodies = ? WHERE last = ?",
            [Data(draft.entries), Data(draft.bodies), row.last])
    }
}
