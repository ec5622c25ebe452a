import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteTransaction {
    /// Removes the log of a user. The numbers of its entries are not reused.
    func eraseEvents(of user: UserID) throws {
        var next = try memory.heads.headForWriter(of: user, db)?.event
        while let number = next, let row = try logRow(with: number)?.decoded() {
            // The user's first entry in the row: it leads to the row before.
            guard let entry = row.events.lazy.flatMap(\.entries).first(where: { $0.user == user }) else { return }
            try erase(user, from: row)
            next = entry.previous
        }
    }

    /// Rewrites a row without the entries of a user, and without bodies that nobody else has.
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
        logRows = []
    }
}
