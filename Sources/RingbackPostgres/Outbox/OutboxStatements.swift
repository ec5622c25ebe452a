import RingbackCore
import RingbackModel

/// The statements on `outbox`.
enum OutboxStatements {
    private static let columns = """
        number, lane, key, type, recipient, position, body, created_at, expires_at, due_at, attempts, done_at,
        delivered, error
        """

    /// Adds messages in their order; each waits for those of its key that wait already.
    ///
    /// - Parameters:
    ///   - back: For each message the number of events of this transaction in its log from the message on.
    static func insert(_ messages: [OutboxMessage], back: [Int64]) -> Statement {
        Statement(
            """
            INSERT INTO outbox (lane, key, type, recipient, position, body, created_at, expires_at, user_id, peer_id,
                due_at)
            SELECT m.lane, m.key, m.type, m.recipient, CASE WHEN m.log IS NULL THEN NULL ELSE coalesce(l.position, 0) - m.back END,
                m.body, m.created_at, m.expires_at, m.user_id, m.peer_id, coalesce(
                    (SELECT max(o.due_at) FROM outbox o
                        WHERE o.lane = m.lane AND o.key = m.key AND o.due_at IS NOT NULL), m.created_at)
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bytea[],
                $8::bigint[], $9::bigint[], $10::text[], $11::text[]) WITH ORDINALITY
                AS m (lane, key, type, recipient, log, back, body, created_at, expires_at, user_id, peer_id, place)
            LEFT JOIN user_logs l ON l.user_id = m.log
            ORDER BY m.place RETURNING number
            """, .texts(messages.map(\.lane.rawValue)), .texts(messages.map(\.key)), .texts(messages.map(\.type)),
            .texts(messages.map { $0.recipient?.rawValue }), .texts(messages.map { $0.log?.rawValue }),
            .integers(back), .byteArrays(messages.map(\.body)), .integers(messages.map(\.createdAt.milliseconds)),
            .integers(messages.map(\.expiresAt.milliseconds)), .texts(messages.map { $0.users.first?.rawValue }),
            .texts(messages.map { $0.users.dropFirst().first?.rawValue }))
    }

    static func dueLanes(at now: Timestamp) -> Statement {
        Statement(
            """
            WITH RECURSIVE lanes (lane) AS (
                (SELECT lane FROM outbox WHERE due_at IS NOT NULL ORDER BY lane LIMIT 1)
                UNION ALL
                SELECT (SELECT o.lane FROM outbox o WHERE o.due_at IS NOT NULL AND o.lane > lanes.lane
                    ORDER BY o.lane LIMIT 1)
                FROM lanes WHERE lane IS NOT NULL
            )
            SELECT lane FROM lanes WHERE lane IS NOT NULL
                AND EXISTS (SELECT FROM outbox o WHERE o.lane = lanes.lane AND o.due_at <= $1)
            """, .integer(now.milliseconds))
    }

    static func take(
        from lane: OutboxLane, limit: Int, except taken: Set<Int64>, at now: Timestamp, until: Timestamp,
        by node: String
    ) -> Statement {
        Statement(
            """
            UPDATE outbox SET leased_by = $5, leased_until = $6 WHERE number IN (
                SELECT o.number FROM outbox o
                WHERE o.lane = $1 AND o.due_at <= $2 AND (o.leased_until IS NULL OR o.leased_until <= $2)
                    AND o.number <> ALL($4) AND NOT EXISTS (
                        SELECT FROM outbox p
                        WHERE p.lane = o.lane AND p.key = o.key AND p.due_at IS NOT NULL AND p.number < o.number)
                ORDER BY o.due_at LIMIT $3 FOR UPDATE OF o SKIP LOCKED
            ) RETURNING \(columns)
            """, .text(lane.rawValue), .integer(now.milliseconds), .integer(Int64(limit)), .integers(Array(taken)),
            .text(node), .integer(until.milliseconds))
    }

    static func settle(_ outcome: OutboxOutcome, at now: Timestamp, by node: String) -> [Statement] {
        let (lane, key) = (SQLValue.text(outcome.lane.rawValue), SQLValue.text(outcome.key))
        switch outcome.kind {
        case .delivered, .failed:
            var error: String?
            if case .failed(let reason) = outcome.kind { error = reason }
            return [
                Statement(
                    """
                    UPDATE outbox SET due_at = NULL, done_at = $1, delivered = $2, error = $3, attempts = attempts + 1,
                        leased_by = NULL, leased_until = NULL
                    WHERE number = $4 AND due_at IS NOT NULL
                    """, .integer(now.milliseconds), .bool(error == nil), .text(error), .integer(outcome.number)),
                Statement(
                    "DELETE FROM outbox WHERE number = $1 AND forgotten AND due_at IS NULL", .integer(outcome.number)),
                Statement(
                    "UPDATE outbox SET due_at = $1 WHERE lane = $2 AND key = $3 AND due_at > $1",
                    .integer(now.milliseconds), lane, key),
            ]
        case .retry(let time, let reason):
            return [
                // Nothing if the lease has expired and another node has the message. Those behind it are not looked at
                // until it is due again.
                Statement(
                    """
                    WITH mine AS (
                        UPDATE outbox SET error = $1, attempts = attempts + 1, due_at = $3, leased_by = NULL,
                            leased_until = NULL
                        WHERE number = $2 AND leased_by = $4 AND due_at IS NOT NULL RETURNING lane, key
                    )
                    UPDATE outbox o SET due_at = $3 FROM mine
                    WHERE o.lane = mine.lane AND o.key = mine.key AND o.due_at IS NOT NULL AND o.number <> $2
                    """, .text(reason), .integer(outcome.number), .integer(time.milliseconds), .text(node))
            ]
        }
    }

    static func release(_ numbers: Set<Int64>, by node: String) -> Statement {
        Statement(
            """
            UPDATE outbox SET leased_by = NULL, leased_until = NULL
            WHERE number = ANY($1) AND leased_by = $2 AND due_at IS NOT NULL
            """, .integers(Array(numbers)), .text(node))
    }

    static func messages(_ query: OutboxQuery) -> Statement {
        let status =
            switch query.status {
            case nil: "true"
            case .waiting: "due_at IS NOT NULL"
            case .delivered: "due_at IS NULL AND delivered"
            case .failed: "due_at IS NULL AND NOT delivered"
            }
        return Statement(
            """
            SELECT \(columns) FROM outbox WHERE number < $1 AND ($2::bigint IS NULL OR number = $2)
                AND lane >= $3 AND lane < $4 AND ($5::text IS NULL OR lane = $5) AND \(status)
            ORDER BY number DESC LIMIT $6
            """, .integer(query.before ?? .max), .integer(query.number), .text("\(query.kind)/"),
            .text("\(query.kind)0"), .text(query.lane?.rawValue), .integer(Int64(query.limit)))
    }

    static func delivery(_ row: Row) throws -> OutboxDelivery {
        OutboxDelivery(
            number: try row.integer(0), lane: OutboxLane(rawValue: try row.text(1)), key: try row.text(2),
            type: try row.text(3), recipient: row.optionalDevice(4), position: row.optionalInteger(5),
            body: try row.bytes(6), createdAt: try row.time(7), expiresAt: try row.time(8), dueAt: row.optionalTime(9),
            attempts: Int(try row.integer(10)), doneAt: row.optionalTime(11), isDelivered: row.bool(12),
            error: row.optionalText(13))
    }
}

extension PostgresTransaction {
    func enqueue(_ messages: [OutboxMessage]) throws -> [Int64] {
        guard !messages.isEmpty else { return [] }
        noteMessages()
        let bounded = messages.filter { $0.maximumWaiting != nil }
        if !bounded.isEmpty {
            try rows(
                Statement(
                    """
                    DELETE FROM outbox WHERE number IN (
                        SELECT w.number FROM unnest($1::text[], $2::text[], $3::bigint[]) AS m (recipient, type, most)
                        CROSS JOIN LATERAL (
                            SELECT o.number FROM outbox o
                            WHERE o.recipient = m.recipient AND o.type = m.type AND o.due_at IS NOT NULL
                            ORDER BY o.number DESC OFFSET m.most - 1) w)
                    """, .texts(bounded.map { $0.recipient?.rawValue }), .texts(bounded.map(\.type)),
                    .integers(bounded.map { Int64($0.maximumWaiting ?? 1) })))
        }
        return try rows(OutboxStatements.insert(messages, back: messages.map { _ in 0 })).map { try $0.integer(0) }
    }
}
