import RingbackCore
import RingbackModel

/// The tickets that were not used, as rows: any node takes one.
struct PostgresTickets: TicketStore {
    let pool: ConnectionPool

    func insert(_ ticket: Ticket, limit: Int) async throws {
        let holder = ticket.holder.participant
        let (user, device) = (SQLValue.text(holder.userId.rawValue), SQLValue.text(holder.deviceId.rawValue))
        let statements = [
            Statement("BEGIN"),
            Statement(
                """
                INSERT INTO tickets (hash, user_id, device_id, generation, expires_at, holder_until)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                .bytes(ticket.hash), user, device, .integer(Int64(bitPattern: ticket.holder.generation)),
                .integer(ticket.expiresAt.milliseconds), .integer(ticket.holderUntil.milliseconds)),
            Statement(
                """
                DELETE FROM tickets WHERE device_id = $1 AND user_id = $2 AND number <= (
                    SELECT number FROM tickets WHERE device_id = $1 AND user_id = $2
                    ORDER BY number DESC LIMIT 1 OFFSET $3)
                """, device, user, .integer(Int64(limit))),
            Statement("COMMIT"),
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

    func take(hash: [UInt8]) async throws -> Ticket? {
        try await pool.run { connection in
            try connection.run(
                Statement(
                    """
                    DELETE FROM tickets WHERE hash = $1
                    RETURNING user_id, device_id, generation, expires_at, coalesce(holder_until, expires_at)
                    """, .bytes(hash))
            ).first.map { row in
                Ticket(
                    hash: hash,
                    holder: SignIn(
                        Participant(userId: try row.user(0), deviceId: try row.device(1)),
                        generation: UInt64(bitPattern: try row.integer(2))),
                    expiresAt: try row.time(3), holderUntil: try row.time(4))
            }
        }
    }

    func removeTickets(expiredBy moment: Timestamp) async throws {
        try await pool.run { connection in
            _ = try connection.run(
                Statement("DELETE FROM tickets WHERE expires_at <= $1", .integer(moment.milliseconds)))
        }
    }
}
