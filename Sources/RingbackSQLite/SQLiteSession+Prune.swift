import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func prune(_ horizon: PruneHorizon, limit: Int) throws -> Bool {
        heads.wantCheckpoint()
        // Not beyond the last checkpoint, from where the newest positions are read at the start; and never the newest
        // row, which says what number comes next. One bound, for SQLite would walk the whole log up to the first of several.
        try execute(
            """
            DELETE FROM log WHERE time < ?1 AND last <= min(
                (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'heads_until'), (SELECT max(last) - 1 FROM log),
                (SELECT max(last, first + ?2) FROM log ORDER BY last LIMIT 1))
            """,
            [horizon.events.milliseconds, limit])
        let hasMoreEvents = db.changesCount > 0
        try execute(
            """
            DELETE FROM answers WHERE (device_id, route, key) IN (
                SELECT device_id, route, key FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ?)
            """, [horizon.answers.milliseconds, limit])
        var removed = db.changesCount
        try execute(
            """
            DELETE FROM devices WHERE device_id IN (
                SELECT device_id FROM devices WHERE expires_at < ? ORDER BY expires_at LIMIT ?)
            """, [horizon.expiredDevices.milliseconds, limit])
        removed = max(removed, db.changesCount)
        let hasMorePayloads = try prunePayloads(horizon, limit: limit)
        return hasMoreEvents || removed == limit || hasMorePayloads
    }

    /// Lets go of the offers, answers and candidates of calls that ended long ago: the events that have them go in their
    /// own time.
    private func prunePayloads(_ horizon: PruneHorizon, limit: Int) throws -> Bool {
        try execute(
            """
            UPDATE calls SET last_payload = NULL WHERE id IN (
                SELECT id FROM calls INDEXED BY calls_with_payload
                WHERE ended_at IS NOT NULL AND last_payload IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?)
            """, [horizon.payloads.milliseconds, limit])
        return db.changesCount == limit
    }
}
