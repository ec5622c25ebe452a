import RingbackCore
import RingbackModel

/// The outbox that all nodes share. A message that was taken is leased to its node.
struct PostgresOutbox: OutboxStore {
    let pool: ConnectionPool
    let reads: ConnectionPool
    let node: String
    /// Tells the observer that messages were added.
    let added: @Sendable () -> Void

    func dueLanes(at now: Timestamp) async throws -> [OutboxLane] {
        try await reads.run { connection in
            try connection.run(OutboxStatements.dueLanes(at: now)).map { OutboxLane(rawValue: try $0.text(0)) }
        }
    }

    func take(
        from lane: OutboxLane, limit: Int, except taken: Set<Int64>, at now: Timestamp
    ) async throws -> [OutboxDelivery] {
        let statement = OutboxStatements.take(
            from: lane, limit: limit, except: taken, at: now, until: now + Self.lease, by: node)
        return try await pool.run { try $0.run(statement).map(OutboxStatements.delivery) }
            .sorted { ($0.dueAt ?? now, $0.number) < ($1.dueAt ?? now, $1.number) }
    }

    func settle(_ outcomes: [OutboxOutcome], at now: Timestamp) async throws {
        let statements =
            [Statement("BEGIN")] + outcomes.flatMap { OutboxStatements.settle($0, at: now, by: node) } + [
                Statement("COMMIT")
            ]
        try await pool.run { connection in
            do {
                _ = try connection.run(statements)
            } catch {
                connection.rollBack()
                throw error
            }
        }
    }

    func release(_ numbers: Set<Int64>) async throws {
        try await pool.run { _ = try $0.run(OutboxStatements.release(numbers, by: node)) }
    }

    func messages(_ query: OutboxQuery) async throws -> [OutboxDelivery] {
        try await reads.run { try $0.run(OutboxStatements.messages(query)).map(OutboxStatements.delivery) }
    }

    func waiting() async throws -> [OutboxLane: Int] {
        try await reads.run { connection in
            Dictionary(
                try connection.run(
                    Statement("SELECT lane, count(*) FROM outbox WHERE due_at IS NOT NULL GROUP BY lane")
                ).map { (OutboxLane(rawValue: try $0.text(0)), Int(try $0.integer(1))) }
            ) { $1 }
        }
    }

    func replay(_ number: Int64, at now: Timestamp) async throws -> Bool {
        let isThere = try await pool.run { connection in
            try connection.run(
                Statement(
                    """
                    UPDATE outbox SET due_at = $1, done_at = NULL, delivered = false, attempts = 0, error = NULL,
                        expires_at = $2
                    WHERE number = $3
                    """, .integer(now.milliseconds), .integer((now + OutboxMessage.lifetime).milliseconds),
                    .integer(number))
            ).affected == 1
        }
        added()
        return isThere
    }

    func prune(before moment: Timestamp, limit: Int) async throws -> Bool {
        try await pool.run { connection in
            var isMore = false
            for condition in ["done_at IS NOT NULL AND done_at < $1", "due_at IS NOT NULL AND expires_at < $1"] {
                let removed = try connection.run(
                    Statement(
                        "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox WHERE \(condition) LIMIT $2)",
                        .integer(moment.milliseconds), .integer(Int64(limit)))
                ).affected
                if removed == limit { isMore = true }
            }
            return isMore
        }
    }
}
