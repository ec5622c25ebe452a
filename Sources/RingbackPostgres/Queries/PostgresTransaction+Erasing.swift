import RingbackCore
import RingbackModel

extension PostgresTransaction {
    func erase(_ user: UserID, at now: Timestamp, limit: Int) throws -> Bool {
        let id = SQLValue.text(user.rawValue)
        // The numbers of its events are not given again.
        try execute("UPDATE user_logs SET pruned_until = position WHERE user_id = $1 AND pruned_until < position", id)
        if try erase("events", "user_id", of: id, orderedBy: "position", limit: limit) { return true }
        for (table, column) in [
            ("blocks", "blocker_id"), ("blocks", "blocked_id"), ("watches", "user_id"), ("contacts", "user_id"),
            ("contacts", "contact_id"),
        ] {
            if try erase(table, column, of: id, orderedBy: column, limit: limit) { return true }
        }
        // Those that still have to be delivered are removed then. Marked first, so that none is settled in between.
        try execute("UPDATE outbox SET forgotten = true WHERE (user_id = $1 OR peer_id = $1) AND NOT forgotten", id)
        try execute(
            """
            DELETE FROM outbox WHERE (user_id = $1 OR peer_id = $1) AND (due_at IS NULL OR type = 'call.incoming')
            """, id)
        try execute("DELETE FROM former_devices WHERE user_id = $1", id)
        try execute("DELETE FROM void_tokens WHERE user_id = $1", id)
        news.ended += try devices(of: user, limit: .max).map(\.signIn)
        try execute("DELETE FROM devices WHERE user_id = $1", id)
        let erased = try rows(
            Statement(
                """
                UPDATE users SET display_name = '', password_hash = '', busy = 'wait', calls_from = 'everyone',
                    do_not_disturb = NULL, calls_seen_until = NULL, last_seen_at = NULL, erased_at = $1
                WHERE user_id = $2 AND password_hash <> ''
                """, .integer(now.milliseconds), id)
        ).affected
        // Another node was faster.
        if erased == 0 { throw PostgresError.conflict }
        return false
    }

    /// Removes some rows of a user.
    ///
    /// - Returns: Whether there are more, which may be those that another transaction is removing.
    private func erase(
        _ table: String, _ column: String, of id: SQLValue, orderedBy order: String, limit: Int
    ) throws -> Bool {
        let removed = try rows(
            Statement(
                """
                DELETE FROM \(table) WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM \(table) WHERE \(column) = $1 ORDER BY \(order) LIMIT $2 FOR UPDATE))
                """, id, .integer(Int64(limit)))
        ).affected
        if removed >= limit { return true }
        return try first("SELECT 1::bigint FROM \(table) WHERE \(column) = $1 LIMIT 1", id) { _ in true } ?? false
    }
}
