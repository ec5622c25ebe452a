import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// A small transaction, for everything except changes of calls. Reads the last committed state and what it has written
/// itself.
final class SQLiteTransaction: SQLiteReader, StoreWriter {
    /// The sign-ins that the transaction has ended.
    private(set) var ended: [SignIn] = []
    /// Users whose blocks the transaction has changed.
    private(set) var blockers: [UserID] = []
    /// Whether it has added messages to the outbox.
    var hasMessages = false

    /// Newest events of users that it has changed.
    var heads: [UserID: LogHeads.Head] = [:]

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func insert(_ account: Account) throws -> Bool {
        try execute(
            """
            INSERT INTO users (user_id, display_name, password_hash, busy, created_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (user_id) DO NOTHING
            """,
            [
                account.userId.rawValue, account.displayName, account.passwordHash, account.busy.rawValue,
                account.createdAt.milliseconds,
            ])
        return db.changesCount == 1
    }

    func update(_ account: Account) throws {
        try execute(
            """
            UPDATE users SET display_name = ?, password_hash = ?, busy = ?, banned_at = ?, calls_from = ?,
                do_not_disturb = ?
            WHERE user_id = ?
            """,
            [
                account.displayName, account.passwordHash, account.busy.rawValue, account.bannedAt?.milliseconds,
                account.callsFrom.rawValue, account.doNotDisturb.stored, account.userId.rawValue,
            ])
    }

    func close(_ user: UserID, at now: Timestamp) throws {
        for device in try devices(of: user, limit: .max) { end(device.signIn) }
        try execute("DELETE FROM devices WHERE user_id = ?", [user.rawValue])
        try execute("UPDATE users SET erased_at = ? WHERE user_id = ?", [now.milliseconds, user.rawValue])
    }

    func save(_ device: DeviceRecord) throws {
        try execute("DELETE FROM former_devices WHERE device_id = ?", [device.participant.deviceId.rawValue])
        if let old = try self.device(device.participant.deviceId), old.signIn != device.signIn { end(old.signIn) }
        try execute(
            """
            INSERT INTO devices (device_id, user_id, name, token_hash, created_at, expires_at, last_seen_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (device_id) DO UPDATE SET name = excluded.name, token_hash = excluded.token_hash,
                created_at = excluded.created_at, expires_at = excluded.expires_at,
                last_seen_at = excluded.last_seen_at, muted = 0
            """,
            [
                device.participant.deviceId.rawValue, device.participant.userId.rawValue, device.name,
                Data(device.tokenHash), device.createdAt.milliseconds, device.expiresAt.milliseconds,
                device.lastSeenAt?.milliseconds,
            ])
    }

    func setMuted(_ isMuted: Bool, _ device: DeviceID) throws {
        try execute("UPDATE devices SET muted = ? WHERE device_id = ?", [isMuted, device.rawValue])
    }

    func delete(_ device: DeviceID) throws {
        guard let old = try self.device(device) else { return }
        end(old.signIn)
        try remember(old.participant)
        try execute("DELETE FROM devices WHERE device_id = ?", [device.rawValue])
    }

    /// Reserves an identifier for its user, and releases the oldest reservations.
    func remember(_ device: Participant) throws {
        let user = device.userId.rawValue
        try execute(
            "INSERT OR REPLACE INTO former_devices (device_id, user_id, ended_at) VALUES (?, ?, ?)",
            [device.deviceId.rawValue, user, memory.time.now.milliseconds])
        try execute(
            """
            DELETE FROM former_devices WHERE user_id = ?1 AND ended_at < (
                SELECT ended_at FROM former_devices WHERE user_id = ?1 ORDER BY ended_at DESC LIMIT 1 OFFSET ?2)
            """, [user, DeviceRecord.formerDevices - 1])
    }

    func voidTokens(of user: UserID, _ device: DeviceID?, until now: Timestamp) throws {
        if device == nil { try execute("DELETE FROM void_tokens WHERE user_id = ?", [user.rawValue]) }
        try execute(
            "INSERT OR REPLACE INTO void_tokens (user_id, device_id, issued_until) VALUES (?, ?, ?)",
            [user.rawValue, device?.rawValue ?? "", now.milliseconds])
        try execute(
            """
            DELETE FROM void_tokens WHERE user_id = ?1 AND device_id <> '' AND issued_until < (
                SELECT issued_until FROM void_tokens WHERE user_id = ?1 AND device_id <> ''
                ORDER BY issued_until DESC LIMIT 1 OFFSET ?2)
            """, [user.rawValue, DeviceRecord.formerDevices - 1])
    }

    func end(_ signIn: SignIn) {
        memory.signIns.forget(signIn.participant.deviceId)
        ended.append(signIn)
    }

    func setLastSeen(_ devices: [DeviceID: Timestamp]) throws {
        for (device, time) in devices {
            let arguments: StatementArguments = [time.milliseconds, device.rawValue]
            try execute("UPDATE devices SET last_seen_at = ? WHERE device_id = ?", arguments)
            try execute(
                """
                UPDATE users SET last_seen_at = max(coalesce(last_seen_at, 0), ?1)
                WHERE user_id = (SELECT user_id FROM devices WHERE device_id = ?2)
                """, arguments)
        }
    }

    func block(_ user: UserID, by blocker: UserID, at now: Timestamp, showing concealment: Concealment) throws {
        blockers.append(blocker)
        try execute(
            "INSERT OR IGNORE INTO blocks (blocker_id, blocked_id, created_at, last_seen_at) VALUES (?, ?, ?, ?)",
            [blocker.rawValue, user.rawValue, now.milliseconds, concealment.lastSeenAt?.milliseconds])
    }

    func unblock(_ user: UserID, by blocker: UserID) throws {
        blockers.append(blocker)
        try execute("DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?", [blocker.rawValue, user.rawValue])
    }

    func setWatchedUsers(_ users: [UserID], by device: DeviceID) throws {
        try execute("DELETE FROM watches WHERE device_id = ?", [device.rawValue])
        for user in Set(users) {
            try execute("INSERT INTO watches (device_id, user_id) VALUES (?, ?)", [device.rawValue, user.rawValue])
        }
    }
}
