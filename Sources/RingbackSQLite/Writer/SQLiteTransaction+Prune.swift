import GRDB
import RingbackCore
import RingbackModel

extension SQLiteTransaction {
    /// Calls whose rows of the log are rewritten together.
    private static let callsAtOnce = 16
    /// Offers, answers and batches of candidates of one call that are removed in one step.
    private static let payloadsAtOnce = 128
    private static let callColumns = ["id"] + CallRow.fixed + CallRow.changing + CallRow.ending
    /// The columns of a call, those of its details without their values.
    private static let withoutDetails = callColumns.map { column in
        switch column {
        case "timeline", "legs": "'[]'"
        case "custom", "keys", "caller_media", "callee_media": "NULL"
        default: column
        }
    }.joined(separator: ", ")
    private static let insertCall = """
        INSERT INTO calls (\(callColumns.joined(separator: ", ")))
        VALUES (\(callColumns.map { _ in "?" }.joined(separator: ", ")))
        """

    func prune(_ horizon: PruneHorizon, limit: Int) throws -> Bool {
        memory.heads.wantCheckpoint()
        let hasMoreEvents = try pruneLog(before: horizon.events, limit: limit) > 0
        let hasMoreDevices = try pruneDevices(before: horizon.expiredDevices, limit: limit) == limit
        let hasMorePayloads = try prunePayloads(before: horizon.payloads, limit: limit)
        let hasMoreDetails = try pruneDetails(before: horizon.details, limit: limit) == limit
        let hasMoreCalls = try pruneCalls(before: horizon.calls, limit: limit) == limit
        let hasMoreAudit = try pruneAudit(before: horizon.audit, limit: limit) == limit
        if hasMoreEvents || hasMoreDevices || hasMorePayloads || hasMoreDetails || hasMoreCalls || hasMoreAudit {
            return true
        }
        // Rows are merged when they have become small.
        return try mergeLog(before: horizon.compact)
    }

    /// Removes the oldest content, whatever its age: messages of the outbox that were delivered and devices whose
    /// sign-in has expired, then the offers, answers and candidates of ended calls, the events, the details of ended
    /// calls, and these calls. What is less than an hour old is removed only if nothing else is left. Then come the
    /// messages of the outbox that wait, and at last the audit log, so that nobody can have their traces removed by
    /// writing much.
    ///
    /// - Parameters:
    ///   - limit: About how many calls or rows of the log are removed, at most.
    ///   - isEnough: Whether enough has been removed.
    /// - Returns: Whether another step may remove more.
    func pruneOldest(limit: Int, until isEnough: () throws -> Bool) throws -> Bool {
        if try pruneOutbox(isDone: true, limit: limit) == limit || isEnough() { return true }
        if try pruneDevices(before: memory.time.now, limit: limit) == limit || isEnough() { return true }
        // The next step can remove what is then before the checkpoint.
        let hasNewEvents = memory.heads.wantCheckpoint()
        for end in [memory.time.now - .seconds(3600), Timestamp(milliseconds: .max)] {
            if try prunePayloads(before: end, limit: limit) || isEnough() { return true }
            var (hasRemoved, count) = (false, 0)
            for prune in [pruneLog, pruneDetails, pruneCalls] {
                count = try prune(end, limit)
                hasRemoved = hasRemoved || count > 0
                if try count == limit || isEnough() { return true }
            }
            if hasRemoved { return true }
        }
        if try hasNewEvents || pruneOutbox(isDone: false, limit: limit) > 0 { return true }
        // Entries of the audit log are small.
        return try pruneAudit(before: Timestamp(milliseconds: .max), limit: 20 * limit) > 0
    }

    /// Signs out devices whose sign-in expired before a moment.
    ///
    /// - Returns: The number of devices.
    private func pruneDevices(before moment: Timestamp, limit: Int) throws -> Int {
        let expired = try all(
            "\(Self.selectDevice) WHERE expires_at < ? ORDER BY expires_at LIMIT ?", [moment.milliseconds, limit],
            Self.device)
        for device in expired { try delete(device.participant.deviceId) }
        return expired.count
    }

    private func pruneOutbox(isDone: Bool, limit: Int) throws -> Int {
        let (condition, order) = isDone ? ("done_at IS NOT NULL", "done_at") : ("due_at IS NOT NULL", "expires_at")
        try execute(
            "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox WHERE \(condition) ORDER BY \(order) LIMIT ?)",
            [limit])
        return db.changesCount
    }

    /// Removes old rows of the log, from the beginning and some at a time. A hole would break the chains of entries.
    ///
    /// - Returns: The number of rows.
    private func pruneLog(before moment: Timestamp, limit: Int) throws -> Int {
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
        return db.changesCount
    }

    /// Finds the last row before `moment` by bisection. A row with a wrong time, because the clock was wrong, does no
    /// harm among others.
    func newestEntry(before moment: Timestamp) throws -> Int64 {
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

    /// Removes the offers, answers and candidates of calls that ended before a moment, also from the log: they have
    /// addresses in them. The events stay, without a body, and are for nobody any more.
    private func prunePayloads(before moment: Timestamp, limit: Int) throws -> Bool {
        let end = ContinuousClock.now + Self.stepTime
        var left = limit
        while left > 0 {
            let count = min(left, Self.callsAtOnce)
            let calls = try all(
                """
                SELECT id, last_payload FROM calls INDEXED BY calls_with_payload
                WHERE ended_at IS NOT NULL AND last_payload IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?
                """, [moment.milliseconds, count]
            ) { (id: $0[0] as Int64, payload: $0[1] as Int64) }
            // Calls that ended together have events in the same rows.
            var rows: [Int64: (row: StoredLogRow, events: Set<Int64>)] = [:]
            for call in calls {
                do {
                    try collectPayloads(of: call.id, from: call.payload, into: &rows)
                } catch is CorruptRow {
                    // Otherwise nothing would be removed any more.
                    try execute("UPDATE calls SET last_payload = NULL WHERE id = ?", [call.id])
                }
            }
            for (row, events) in rows.values {
                guard let decoded = try? row.decoded() else { continue }
                try rewrite(decoded) { ($0.entries, !events.contains($0.last)) }
            }
            if calls.count < count { return false }
            left -= count
            if ContinuousClock.now >= end { break }
        }
        return true
    }

    /// Finds the events of a call's offers, answers and candidates, and notes in its row which are left for the next
    /// step.
    private func collectPayloads(
        of call: Int64, from newest: Int64, into rows: inout [Int64: (row: StoredLogRow, events: Set<Int64>)]
    ) throws {
        var (next, count) = (newest as Int64?, 0)
        while let number = next, count < Self.payloadsAtOnce {
            guard let row = try logRow(with: number), let event = try row.entry(number)?.event, event.head.call == call
            else {
                next = nil
                break
            }
            rows[row.last, default: (row, [])].events.insert(event.last)
            next = event.head.payloadPrevious.flatMap { $0 < number ? $0 : nil }
            count += 1
        }
        try execute("UPDATE calls SET last_payload = ? WHERE id = ?", [next, call])
        if next == nil { try execute("DELETE FROM candidate_marks WHERE call = ?", [call]) }
    }

    /// Removes everything of calls that ended before a moment but what a history shows.
    ///
    /// - Returns: The number of calls.
    private func pruneDetails(before moment: Timestamp, limit: Int) throws -> Int {
        let calls = try all(
            """
            SELECT id FROM calls INDEXED BY calls_with_details
            WHERE ended_at IS NOT NULL AND timeline <> '[]' AND ended_at < ? ORDER BY ended_at LIMIT ?
            """, [moment.milliseconds, limit]
        ) { $0[0] as Int64 }
        for call in calls {
            try execute("DELETE FROM quality WHERE call = ?", [call])
            guard
                let values = try first(
                    "SELECT \(Self.withoutDetails) FROM calls WHERE id = ?", [call], { Array($0.databaseValues) })
            else { continue }
            // SQLite joins pages with little content when a row is deleted, but not when one becomes smaller.
            try execute("DELETE FROM calls WHERE id = ?", [call])
            try execute(Self.insertCall, StatementArguments(values))
        }
        return calls.count
    }

    /// Removes calls that ended before a moment, the oldest first, from the histories.
    ///
    /// - Returns: The number of calls.
    private func pruneCalls(before moment: Timestamp, limit: Int) throws -> Int {
        // Some of the oldest may be live.
        let oldest = try all(
            "SELECT id, caller_id, callee_id, ended_at FROM calls ORDER BY id LIMIT ?", [limit + 1000]
        ) { row in
            (id: row[0] as Int64, caller: row[1] as String, callee: row[2] as String, end: row[3] as Int64?)
        }
        let old = oldest.filter { call in call.end.map { $0 < moment.milliseconds } ?? false }.prefix(limit)
        for call in old {
            for (user, peer) in [(call.caller, call.callee), (call.callee, call.caller)] {
                try execute("DELETE FROM history WHERE user_id = ? AND call = ?", [user, call.id])
                try execute(
                    "DELETE FROM history_by_peer WHERE user_id = ? AND peer_id = ? AND call = ?", [user, peer, call.id])
            }
            try execute("DELETE FROM quality WHERE call = ?", [call.id])
            try execute("DELETE FROM calls WHERE id = ?", [call.id])
        }
        return old.count
    }
}
