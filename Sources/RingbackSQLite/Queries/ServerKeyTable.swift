import Foundation
import GRDB
package import RingbackCore
import RingbackModel

/// The table of server keys. `ringback key` uses it beside a running server.
struct ServerKeyTable: ServerKeyWriter {
    let db: Database

    func key(hash: [UInt8]) throws -> ServerKey? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM server_keys WHERE hash = ?"), arguments: [Data(hash)]
        ).map(Self.key)
    }

    func serverKeys() throws -> [ServerKey] {
        try Row.fetchAll(db, sql: "SELECT * FROM server_keys ORDER BY name").map(Self.key)
    }

    func insert(_ key: ServerKey) throws -> Bool {
        try db.execute(
            sql: """
                INSERT INTO server_keys (name, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name) DO NOTHING
                """,
            arguments: [
                key.name.rawValue, Data(key.hash), key.scopeNames.joined(separator: " "), key.createdAt.milliseconds,
                key.expiresAt.milliseconds,
            ])
        return db.changesCount == 1
    }

    func revoke(_ key: ServerKey.Name, at now: Timestamp) throws -> Bool {
        try db.execute(
            sql: "UPDATE server_keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
            arguments: [now.milliseconds, key.rawValue])
        return db.changesCount == 1
    }

    private static func key(_ row: Row) throws -> ServerKey {
        let scopes = (row["scopes"] as String).split(separator: " ").compactMap {
            ServerKey.Scope(rawValue: String($0))
        }
        return ServerKey(
            name: ServerKey.Name(unchecked: row["name"]), hash: row.bytes("hash"), scopes: Set(scopes),
            createdAt: row.time("created_at"), expiresAt: row.time("expires_at"),
            revokedAt: row.optionalTime("revoked_at"))
    }
}

extension SQLiteReader {
    func serverKey(hash: [UInt8]) throws -> ServerKey? { try ServerKeyTable(db: db).key(hash: hash) }

    func serverKeys() throws -> [ServerKey] { try ServerKeyTable(db: db).serverKeys() }

    func audit(_ query: AuditQuery) throws -> [AuditEntry] {
        var conditions = ["number < ?"]
        var arguments: StatementArguments = [query.before ?? .max]
        if let key = query.key {
            conditions.append("key_name = ?")
            arguments += [key.rawValue]
        }
        if let user = query.user {
            conditions.append("user_id = ?")
            arguments += [user.rawValue]
        }
        return try rows(
            "SELECT * FROM audit WHERE \(conditions.joined(separator: " AND ")) ORDER BY number DESC LIMIT ?",
            arguments + [query.limit]
        ).map { row in
            AuditEntry(
                number: row["number"], time: row.time("time"), key: ServerKey.Name(unchecked: row["key_name"]),
                operation: row["operation"], user: (row["user_id"] as String?).flatMap { UserID($0) },
                object: row["object"], refusal: row["refusal"])
        }
    }
}

extension SQLiteTransaction {
    func insert(_ key: ServerKey) throws -> Bool { try ServerKeyTable(db: db).insert(key) }

    func revoke(_ key: ServerKey.Name, at now: Timestamp) throws -> Bool {
        try ServerKeyTable(db: db).revoke(key, at: now)
    }

    func record(_ entry: AuditEntry) throws {
        try execute(
            "INSERT INTO audit (time, key_name, operation, user_id, object, refusal) VALUES (?, ?, ?, ?, ?, ?)",
            [
                entry.time.milliseconds, entry.key.rawValue, entry.operation, entry.user?.rawValue, entry.object,
                entry.refusal,
            ])
    }

    /// Removes entries of the audit log from before a moment.
    ///
    /// - Returns: The number of entries.
    func pruneAudit(before moment: Timestamp, limit: Int) throws -> Int {
        // In the order of the times: entries from when the clock was ahead are kept longer, and keep no others.
        try execute(
            "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE time < ? ORDER BY time LIMIT ?)",
            [moment.milliseconds, limit])
        return db.changesCount
    }
}

extension SQLiteStore {
    /// Performs `work` on the server keys of a database that a server may have open.
    ///
    /// - Throws: ``MigrationError``; ``StoreError`` when the running server is older.
    package static func keys<Value>(path: String, _ work: (any ServerKeyWriter) throws -> Value) throws -> Value {
        do {
            _ = try migrate(path: path)
        } catch is StoreLock.Taken {}
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.inDatabase { db in
            guard try db.tableExists("server_keys") else {
                throw StoreError.cannotOpen(path: path, reason: "a server of an older version is using it")
            }
            var value: Value?
            try db.inTransaction(.immediate) {
                value = try work(ServerKeyTable(db: db))
                return .commit
            }
            guard let value else { throw StoreError.cannotOpen(path: path, reason: "nothing was committed") }
            return value
        }
    }
}
