import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// The rows of `outbox`.
enum OutboxRow {
    /// A message waits for those of its key that wait already.
    private static let insertion = """
        INSERT INTO outbox (lane, key, type, recipient, position, body, created_at, expires_at, user_id, peer_id,
            due_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, coalesce(
            (SELECT max(due_at) FROM outbox WHERE lane = ?1 AND key = ?2 AND due_at IS NOT NULL), ?7))
        """

    /// - Parameter position: Of the message's log.
    /// - Returns: The number of the message.
    static func insert(_ message: OutboxMessage, position: Int64?, _ db: Database) throws -> Int64 {
        try db.cachedStatement(sql: insertion).execute(
            arguments: [
                message.lane.rawValue, message.key, message.type, message.recipient?.rawValue, position,
                Data(message.body), message.createdAt.milliseconds, message.expiresAt.milliseconds,
                message.users.first?.rawValue, message.users.dropFirst().first?.rawValue,
            ])
        return db.lastInsertedRowID
    }

    static func delivery(_ row: Row) throws -> OutboxDelivery {
        OutboxDelivery(
            number: row["number"], lane: OutboxLane(rawValue: row["lane"]), key: row["key"], type: row["type"],
            recipient: try row.optionalDevice("recipient"), position: row["position"], body: row.bytes("body"),
            createdAt: row.time("created_at"), expiresAt: row.time("expires_at"), dueAt: row.optionalTime("due_at"),
            attempts: Int(row["attempts"] as Int64), doneAt: row.optionalTime("done_at"), isDelivered: row["delivered"],
            error: row["error"])
    }
}

extension SQLiteTransaction {
    func enqueue(_ messages: [OutboxMessage]) throws -> [Int64] {
        if !messages.isEmpty { hasMessages = true }
        return try messages.map { message in
            if let most = message.maximumWaiting {
                try execute(
                    """
                    DELETE FROM outbox WHERE number IN (
                        SELECT number FROM outbox WHERE recipient = ? AND type = ? AND due_at IS NOT NULL
                        ORDER BY number DESC LIMIT -1 OFFSET ?)
                    """, [message.recipient?.rawValue, message.type, most - 1])
            }
            return try OutboxRow.insert(message, position: message.log.map { try newestPosition(of: $0) }, db)
        }
    }
}

extension CallBatch {
    /// Writes the messages of a change whose events are not appended yet.
    func enqueue(_ messages: [OutboxMessage]) throws {
        for message in messages {
            let position = try message.log.map { user in
                try (staged.heads[user] ?? memory.heads.headForWriter(of: user, db))?.position ?? 0
            }
            _ = try OutboxRow.insert(message, position: position, db)
        }
        if !messages.isEmpty { staged.hasMessages = true }
    }
}
