import RingbackCore
import RingbackModel

extension PostgresTransaction {
    /// Offers, answers and batches of candidates that are removed in one step.
    private static let payloadsAtOnce = 2000
    /// By the database's clock, as everything that nodes tell each other.
    private static let hourAgo = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint - 3600000"

    func prune(_ horizon: PruneHorizon, limit: Int) throws -> Bool {
        // What a call is without has been removed before: its payloads before its details, and these before the call.
        let details = max(horizon.details, horizon.calls)
        let steps = [
            try pruneEvents(before: horizon.events, limit: limit),
            try pruneDevices(before: horizon.expiredDevices, limit: limit),
            try prunePayloads(before: max(horizon.payloads, details), limit: limit),
            try pruneDetails(before: details, limit: limit),
            try pruneCalls(before: horizon.calls, limit: limit),
            try pruneKeys(before: horizon.payloads - CallGroup.invitationLifetime, limit: limit),
            try pruneRevocations(limit: limit),
            try pruneAudit(before: horizon.audit, limit: limit),
        ]
        return steps.contains { $0 >= limit }
    }

    /// Removes some of the oldest content, whatever its age, of the first of these kinds of which there is any:
    /// messages of the outbox that were delivered, devices whose sign-in has expired, the offers, answers and
    /// candidates of ended calls, events, the details of ended calls, and these calls. What is less than an hour old is
    /// removed only if nothing else is left. Then come the messages of the outbox that wait, and at last the audit log,
    /// so that nobody can have their traces removed by writing much.
    ///
    /// - Returns: Whether something was removed.
    func pruneOldest(limit: Int) throws -> Bool {
        if try pruneOutbox(isDone: true, limit: limit) > 0 { return true }
        if try pruneDevices(before: now, limit: limit) > 0 { return true }
        for end in [now - .seconds(3600), Timestamp(milliseconds: .max)] {
            for prune in [prunePayloads, pruneEvents, pruneDetails, pruneCalls] {
                if try prune(end, limit) > 0 { return true }
            }
        }
        if try pruneOutbox(isDone: false, limit: limit) > 0 { return true }
        return try pruneAudit(before: Timestamp(milliseconds: .max), limit: limit) > 0
    }

    // Each step returns how much it has removed: its limit, or more, if there may be more of it.

    private func pruneOutbox(isDone: Bool, limit: Int) throws -> Int {
        let (condition, order) = isDone ? ("done_at IS NOT NULL", "done_at") : ("due_at IS NOT NULL", "expires_at")
        return try rows(
            Statement(
                """
                DELETE FROM outbox WHERE number IN (
                    SELECT number FROM outbox WHERE \(condition) ORDER BY \(order) LIMIT $1 FOR UPDATE SKIP LOCKED)
                """, .integer(Int64(limit)))
        ).affected
    }

    private func pruneEvents(before moment: Timestamp, limit: Int) throws -> Int {
        Int(
            try first(
                """
                WITH old AS (
                    DELETE FROM events WHERE (user_id, position) IN (
                        SELECT user_id, position FROM events WHERE time < $1 ORDER BY time LIMIT $2
                    ) RETURNING user_id, position
                ), ends AS (SELECT user_id, max(position) AS position FROM old GROUP BY user_id), heads AS (
                    UPDATE user_logs l SET pruned_until = greatest(l.pruned_until, e.position)
                    FROM ends e WHERE l.user_id = e.user_id
                )
                SELECT count(*) FROM old
                """, .integer(moment.milliseconds), .integer(Int64(limit))
            ) { try $0.integer(0) } ?? 0)
    }

    private func pruneDevices(before moment: Timestamp, limit: Int) throws -> Int {
        let devices = try all(
            "\(Self.selectDevice) WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
            .integer(moment.milliseconds), .integer(Int64(limit)), read: Self.device)
        for device in devices { try delete(device.participant.deviceId) }
        return devices.count
    }

    /// Removes the offers, answers and candidates of calls that ended before a moment, also from the logs: they have
    /// addresses in them. The events stay, without a body, and are for nobody any more.
    private func prunePayloads(before moment: Timestamp, limit: Int) throws -> Int {
        let calls = SQLValue.texts(
            try all(
                """
                SELECT call_id FROM calls WHERE ended_at IS NOT NULL AND payloads_kept AND ended_at < $1
                ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
                """, .integer(moment.milliseconds), .integer(Int64(limit))
            ) { try $0.text(0) })
        guard case .texts(let found) = calls, !found.isEmpty else { return 0 }
        let removed = try rows(
            Statement(
                """
                UPDATE events e SET members = '', call_id = NULL, payload = NULL FROM (
                    SELECT user_id, position FROM events WHERE call_id = ANY($1) AND payload IS NOT NULL LIMIT $2
                ) AS old WHERE e.user_id = old.user_id AND e.position = old.position
                """, calls, .integer(Int64(Self.payloadsAtOnce)))
        ).affected
        guard removed < Self.payloadsAtOnce else { return max(removed, limit) }
        try rows(Statement("DELETE FROM candidate_marks WHERE call_id = ANY($1)", calls))
        try rows(
            Statement(
                "UPDATE calls SET payloads_kept = false, version = version + 1 WHERE call_id = ANY($1)", calls))
        return found.count
    }

    /// Removes everything of calls that ended before a moment but what a history shows.
    private func pruneDetails(before moment: Timestamp, limit: Int) throws -> Int {
        let calls = try all(
            """
            SELECT call_id, body FROM calls WHERE details_kept AND NOT payloads_kept AND ended_at < $1
            ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
            """, .integer(moment.milliseconds), .integer(Int64(limit))
        ) { try CallBody.decode($0.bytes(1), id: $0.call(0)) }
        guard !calls.isEmpty else { return 0 }
        let names = SQLValue.texts(calls.map(\.id.rawValue))
        try rows(Statement("DELETE FROM quality WHERE call_id = ANY($1)", names))
        try rows(
            Statement(
                """
                UPDATE calls c SET details_kept = false, timeline = '', body = n.body, version = c.version + 1
                FROM unnest($1::text[], $2::text[]) AS n (call_id, body) WHERE c.call_id = n.call_id
                """, names, .texts(calls.map { CallBody.encode($0, isWhole: false) })))
        return calls.count
    }

    /// Removes calls that ended before a moment from the histories.
    private func pruneCalls(before moment: Timestamp, limit: Int) throws -> Int {
        try rows(
            Statement(
                """
                DELETE FROM calls WHERE call_id IN (
                    SELECT call_id FROM calls WHERE NOT details_kept AND ended_at < $1
                    ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED)
                """, .integer(moment.milliseconds), .integer(Int64(limit)))
        ).affected
    }

    private func pruneKeys(before moment: Timestamp, limit: Int) throws -> Int {
        try rows(
            Statement(
                """
                DELETE FROM invitations WHERE (device_id, key_id) IN (
                    SELECT i.device_id, i.key_id FROM invitations i LEFT JOIN calls c ON c.call_id = i.call_id AND c.live
                    WHERE i.created_at < $1 AND c.call_id IS NULL ORDER BY i.created_at LIMIT $2)
                """, .integer(moment.milliseconds), .integer(Int64(limit)))
        ).affected
    }

    private func pruneRevocations(limit: Int) throws -> Int {
        try rows(
            Statement(
                """
                DELETE FROM revocations WHERE xid IN (
                    SELECT xid FROM revocations WHERE ended_at < \(Self.hourAgo) ORDER BY ended_at LIMIT $1)
                """, .integer(Int64(limit)))
        ).affected
    }
}
