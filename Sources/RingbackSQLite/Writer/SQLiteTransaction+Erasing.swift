import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteTransaction {
    /// How long a step rewrites rows of the log, at most: a row more or less.
    static let stepTime: Duration = .milliseconds(5)

    func erase(_ user: UserID, at now: Timestamp, limit: Int) throws -> Bool {
        let id = user.rawValue
        for device in try devices(of: user, limit: .max) { end(device.signIn) }
        try execute("DELETE FROM devices WHERE user_id = ?", [id])
        try execute("DELETE FROM former_devices WHERE user_id = ?", [id])
        try execute("DELETE FROM void_tokens WHERE user_id = ?", [id])
        for (table, column) in [
            ("blocks", "blocker_id"), ("blocks", "blocked_id"), ("watches", "user_id"), ("contacts", "user_id"),
            ("contacts", "contact_id"),
        ] {
            let key =
                switch table {
                case "blocks": "(blocker_id, blocked_id)"
                case "contacts": "(user_id, contact_id)"
                default: "(device_id, user_id)"
                }
            try execute(
                """
                DELETE FROM \(table) WHERE \(key) IN (SELECT \(key.dropFirst().dropLast()) FROM \(table)
                WHERE \(column) = ? LIMIT ?)
                """, [id, limit])
            if db.changesCount == limit { return true }
        }
        if try eraseEvents(of: user, limit: limit) || eraseMessages(about: user, limit: limit) { return true }
        try execute(
            """
            UPDATE users SET display_name = '', password_hash = '', busy = 'wait', calls_from = 'everyone',
                do_not_disturb = NULL, calls_seen_until = NULL, last_seen_at = NULL, erased_at = ?
            WHERE user_id = ?
            """, [now.milliseconds, id])
        return false
    }

    /// Removes messages to the outside. Those that still have to be delivered are removed then.
    ///
    /// - Returns: Whether there are more.
    private func eraseMessages(about user: UserID, limit: Int) throws -> Bool {
        for (change, condition) in [
            ("DELETE FROM outbox", "(due_at IS NULL OR type = 'call.incoming')"),
            ("UPDATE outbox SET forgotten = 1", "NOT forgotten"),
        ] {
            try execute(
                """
                \(change) WHERE number IN (
                    SELECT number FROM outbox WHERE (user_id = ?1 OR peer_id = ?1) AND \(condition) LIMIT ?2)
                """, [user.rawValue, limit])
            if db.changesCount == limit { return true }
        }
        return false
    }

    /// Removes events from the end of a user's log. The numbers of its entries are not given again.
    ///
    /// - Returns: Whether there are more.
    private func eraseEvents(of user: UserID, limit: Int) throws -> Bool {
        guard var head = try memory.heads.headForWriter(of: user, db) else { return false }
        let end = ContinuousClock.now + Self.stepTime
        var next: Int64? = head.event
        var erased = 0
        while let number = next, let row = try logRow(with: number)?.decoded() {
            let entries = row.events.flatMap(\.entries).filter { $0.user == user }
            // The user's first in the row: those behind it lead there.
            guard let first = entries.first else { return false }
            try erase(user, from: row)
            erased += entries.count
            next = first.previous
            guard let next, erased >= limit || ContinuousClock.now >= end else { continue }
            // The next step begins there, also after a restart. Nobody reads this log any more.
            (head.event, head.milestone) = (next, nil)
            heads[user] = head
            try execute(
                "UPDATE feed_heads SET event_id = min(event_id, ?), milestone = NULL WHERE user_id = ?",
                [next, user.rawValue])
            return true
        }
        return false
    }

    /// Rewrites a row without the entries of a user, and without bodies that nobody else has.
    private func erase(_ user: UserID, from row: LogRow) throws {
        try rewrite(row) { event in
            let entries = event.entries.map { $0.user == user ? LogRow.Entry(position: 0) : $0 }
            return (entries, entries.contains { $0.user != nil })
        }
    }

    /// Writes a row of the log anew.
    ///
    /// - Parameter change: Returns what becomes of the entries of an event, and whether its body stays.
    func rewrite(_ row: LogRow, _ change: (LogRow.Event) -> (entries: [LogRow.Entry], keepsBody: Bool)) throws {
        let bodies = try first("SELECT bodies FROM log WHERE last = ?", [row.last]) { Array($0[0] as Data) } ?? []
        var draft = LogDraft(first: row.first)
        for event in row.events {
            guard event.body.upperBound <= bodies.count else { throw CorruptRow(column: "bodies") }
            let (entries, keepsBody) = change(event)
            draft.append(event.head, body: bodies[keepsBody ? event.body : 0..<0], audience: entries.count)
            for entry in entries { draft.append(entry) }
        }
        try execute(
            "UPDATE log SET entries = ?, bodies = ? WHERE last = ?",
            [Data(draft.entries), Data(draft.bodies), row.last])
        logRows = []
    }
}
