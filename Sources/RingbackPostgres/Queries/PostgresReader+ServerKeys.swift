package import RingbackCore
import RingbackModel

extension PostgresReader {
    private static let selectKey = "SELECT name, hash, scopes, created_at, expires_at, revoked_at FROM server_keys"

    func serverKey(hash: [UInt8]) throws -> ServerKey? {
        try first("\(Self.selectKey) WHERE hash = $1", .bytes(hash), read: Self.key)
    }

    func serverKeys() throws -> [ServerKey] { try all("\(Self.selectKey) ORDER BY name", read: Self.key) }

    private static func key(_ row: Row) throws -> ServerKey {
        let scopes = try row.text(2).split(separator: " ").compactMap { ServerKey.Scope(rawValue: String($0)) }
        return ServerKey(
            name: ServerKey.Name(unchecked: try row.text(0)), hash: try row.bytes(1), scopes: Set(scopes),
            createdAt: try row.time(3), expiresAt: try row.time(4), revokedAt: row.optionalTime(5))
    }

    func audit(_ query: AuditQuery) throws -> [AuditEntry] {
        var conditions = ["number < $1"]
        var parameters: [SQLValue] = [.integer(query.before ?? .max), .integer(Int64(query.limit))]
        if let key = query.key {
            parameters.append(.text(key.rawValue))
            conditions.append("key_name = $\(parameters.count)")
        }
        if let user = query.user {
            parameters.append(.text(user.rawValue))
            conditions.append("user_id = $\(parameters.count)")
        }
        let sql = """
            SELECT number, time, key_name, operation, user_id, object, refusal FROM audit
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY number DESC LIMIT $2
            """
        return try rows(Statement(sql, all: parameters)).map { row in
            AuditEntry(
                number: try row.integer(0), time: try row.time(1), key: ServerKey.Name(unchecked: try row.text(2)),
                operation: try row.text(3), user: row.optionalText(4).flatMap { UserID($0) },
                object: row.optionalText(5), refusal: row.optionalText(6))
        }
    }
}

extension PostgresTransaction {
    func insert(_ key: ServerKey) throws -> Bool {
        try rows(
            Statement(
                """
                INSERT INTO server_keys (name, hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (name) DO NOTHING
                """, .text(key.name.rawValue), .bytes(key.hash), .text(key.scopeNames.joined(separator: " ")),
                .integer(key.createdAt.milliseconds), .integer(key.expiresAt.milliseconds))
        ).affected == 1
    }

    func revoke(_ key: ServerKey.Name, at now: Timestamp) throws -> Bool {
        try rows(
            Statement(
                "UPDATE server_keys SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL",
                .integer(now.milliseconds), .text(key.rawValue))
        ).affected == 1
    }

    func record(_ entry: AuditEntry) throws {
        try rows(
            Statement(
                """
                INSERT INTO audit (time, key_name, operation, user_id, object, refusal)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                .integer(entry.time.milliseconds), .text(entry.key.rawValue), .text(entry.operation),
                .text(entry.user?.rawValue), .text(entry.object), .text(entry.refusal)))
    }

    /// Removes entries of the audit log from before a moment.
    ///
    /// - Returns: The number of entries.
    func pruneAudit(before moment: Timestamp, limit: Int) throws -> Int {
        // In the order of the times: entries from when the clock was ahead are kept longer, and keep no others.
        try rows(
            Statement(
                "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE time < $2 ORDER BY time LIMIT $1)",
                .integer(Int64(limit)), .integer(moment.milliseconds))
        ).affected
    }
}

extension PostgresStore {
    /// Performs `work` on the server keys of a database that servers may be using.
    ///
    /// - Throws: ``PostgresDatabaseError``, ``PostgresError``.
    package static func keys<Value>(url: PostgresURL, _ work: (any ServerKeyWriter) throws -> Value) throws -> Value {
        let connection = PostgresConnection(settings(url, "ringback key"))
        defer { connection.close() }
        _ = try Migrator(connection).migrate()
        let origin = PostgresTransaction.Origin(node: "", lockSeed: 0)
        return try PostgresTransaction.write(connection, from: origin, now: Timestamp(milliseconds: 0), work).0
    }
}
