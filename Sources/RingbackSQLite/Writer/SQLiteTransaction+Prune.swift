import GRDB
import RingbackCore
import RingbackModel

extension SQLiteTransaction {
    func prune(_ horizon: PruneHorizon, limit: Int) throws -> Bool {
        memory.heads.wantCheckpoint()
        let hasMoreEvents = try pruneLog(before: horizon.events, limit: limit)
        let expired = try all(
            "\(Self.selectDevice) WHERE expires_at < ? ORDER BY expires_at LIMIT ?",
            [horizon.expiredDevices.milliseconds, limit], Self.device)
        for device in expired { try delete(device.participant.deviceId) }
        let hasMorePayloads = try prunePayloads(horizon, limit: limit)
        return hasMoreEvents || expired.count == limit || hasMorePayloads
    }

    /// Removes old rows of the log, from the beginning and some at a time. A hole would break the chains of entries.
    private func pruneLog(before moment: Timestamp, limit: Int) throws -> Bool {
        // Not beyond the last checkpoint, from which the newest positions are read at the start, and never the newest
        // row, which determines the next number. Only one bound, because SQLite would walk the whole log up to the
        // first of several.
        try execute(
            """
            DELETE FROM log WHERE last <= min(
                ?1, (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'heads_until'),
                (SELECT max(last) - 1 FROM log), (SELECT max(last) FROM (SELECT last FROM log ORDER BY last LIMIT ?2)))
            """,
            [try newestEntry(before: moment), limit])
        return db.changesCount > 0
    }

    /// Finds the last row before `moment` by bisection. A row with a wrong time, because the clock was wrong, does no
    /// harm among others.
    private func newestEntry(before moment: Timestamp) throws -> Int64 {
        var (low, high) = (0 as Int64, try newestEntry())
        while low < high {
            let middle = low + (high - low + 1) / 2
            let row = try first(
                "SELECT last, first, time FROM log WHERE last >= ? ORDER BY last LIMIT 1", [middle]
            ) { (last: $0[0] as Int64, first: $0[1] as Int64, time: $0.time("time")) }
            guard let row else { return low }
            if row.time < moment { low = row.last } else { high = min(row.first, middle) - 1 }
        }
        return low
    }

    /// Forgets the payloads of calls that ended long ago. The events that contain them are pruned like any others.
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
