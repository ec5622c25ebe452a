import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    // MARK: Users

    static let selectAccount =
        "SELECT user_id, display_name, password_hash, busy, created_at, last_seen_at FROM users"

    func account(_ user: UserID) throws -> Account? { try all(.account, [user.rawValue], Self.account).first }

    func accounts(prefix: String, after: UserID?, limit: Int) throws -> [Account] {
        // One lower bound: SQLite would seek to the first of two. "\u{7F}" sorts behind every character a name may have.
        let (comparison, start) =
            after.map { $0.rawValue >= prefix ? (">", $0.rawValue) : (">=", prefix) } ?? (">=", prefix)
        return try all(
            """
            \(Self.selectAccount) WHERE user_id \(comparison) ? AND user_id < ? AND erased_at IS NULL
            ORDER BY user_id LIMIT ?
            """, [start, prefix + "\u{7F}", limit], Self.account)
    }

    private static func account(_ row: any Columns) throws -> Account {
        Account(
            userId: try row.value(row.text(0).flatMap { UserID($0) }, "user_id"),
            displayName: try row.value(row.text(1), "display_name"),
            passwordHash: try row.value(row.text(2), "password_hash"),
            busy: try row.value(row.text(3).flatMap { BusyPolicy(rawValue: $0) }, "busy"),
            createdAt: try row.value(row.time(4), "created_at"), lastSeenAt: row.time(5))
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
            "UPDATE users SET display_name = ?, password_hash = ?, busy = ? WHERE user_id = ?",
            [account.displayName, account.passwordHash, account.busy.rawValue, account.userId.rawValue])
    }

    func erase(_ user: UserID, at now: Timestamp) throws {
        let id = user.rawValue
        try execute("DELETE FROM blocks WHERE blocker_id = ? OR blocked_id = ?", [id, id])
        try execute("DELETE FROM watches WHERE user_id = ?", [id])
        try execute("DELETE FROM devices WHERE user_id = ?", [id])
        try eraseEvents(of: user)
        try execute(
            """
            UPDATE users SET display_name = '', password_hash = '', busy = 'wait', last_seen_at = NULL, erased_at = ?
            WHERE user_id = ?
            """, [now.milliseconds, id])
    }

    // MARK: Devices

    static let selectDevice =
        "SELECT user_id, device_id, name, token_hash, created_at, expires_at, last_seen_at FROM devices"

    func device(_ device: DeviceID) throws -> DeviceRecord? {
        try first("\(Self.selectDevice) WHERE device_id = ?", [device.rawValue], Self.device)
    }

    func device(tokenHash: [UInt8]) throws -> DeviceRecord? {
        try first("\(Self.selectDevice) WHERE token_hash = ?", [Data(tokenHash)], Self.device)
    }

    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord] {
        // Not by SQLite: it makes a temporary table to find the first of several.
        let devices = try all(.devices, [user.rawValue], Self.device)
            .sorted { a, b in
                let (seenA, seenB) = (a.lastSeenAt?.milliseconds ?? .min, b.lastSeenAt?.milliseconds ?? .min)
                return seenA == seenB
                    ? a.participant.deviceId.rawValue < b.participant.deviceId.rawValue : seenA > seenB
            }
        return Array(devices.prefix(limit))
    }

    private static func device(_ row: any Columns) throws -> DeviceRecord {
        DeviceRecord(
            participant: Participant(
                userId: try row.value(row.text(0).flatMap { UserID($0) }, "user_id"),
                deviceId: try row.value(row.text(1).flatMap { DeviceID($0) }, "device_id")),
            name: row.text(2), tokenHash: try row.value(row.bytes(3), "token_hash"),
            createdAt: try row.value(row.time(4), "created_at"), expiresAt: try row.value(row.time(5), "expires_at"),
            lastSeenAt: row.time(6))
    }

    func save(_ device: DeviceRecord) throws {
        try execute(
            """
            INSERT INTO devices (device_id, user_id, name, token_hash, created_at, expires_at, last_seen_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (device_id) DO UPDATE SET name = excluded.name, token_hash = excluded.token_hash,
                created_at = excluded.created_at, expires_at = excluded.expires_at, last_seen_at = excluded.last_seen_at
            """,
            [
                device.participant.deviceId.rawValue, device.participant.userId.rawValue, device.name,
                Data(device.tokenHash), device.createdAt.milliseconds, device.expiresAt.milliseconds,
                device.lastSeenAt?.milliseconds,
            ])
    }

    func delete(_ device: DeviceID) throws { try execute("DELETE FROM devices WHERE device_id = ?", [device.rawValue]) }

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

    // MARK: Blocks and watch lists

    func isBlocked(_ user: UserID, by blocker: UserID) throws -> Bool {
        try !all(.block, [user.rawValue, blocker.rawValue]) { _ in }.isEmpty
    }

    func blocks(of user: UserID) throws -> [Block] {
        try rows("SELECT blocked_id, created_at FROM blocks WHERE blocker_id = ? ORDER BY blocked_id", [user.rawValue])
            .map { Block(userId: try $0.user("blocked_id"), createdAt: $0.time("created_at")) }
    }

    func block(_ user: UserID, by blocker: UserID, at now: Timestamp) throws {
        try execute(
            "INSERT OR IGNORE INTO blocks (blocker_id, blocked_id, created_at) VALUES (?, ?, ?)",
            [blocker.rawValue, user.rawValue, now.milliseconds])
    }

    func unblock(_ user: UserID, by blocker: UserID) throws {
        try execute("DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?", [blocker.rawValue, user.rawValue])
    }

    func watchedUsers(by device: DeviceID) throws -> [UserID] {
        try rows("SELECT user_id FROM watches WHERE device_id = ? ORDER BY user_id", [device.rawValue])
            .map { try $0.user("user_id") }
    }

    func setWatchedUsers(_ users: [UserID], by device: DeviceID) throws {
        try execute("DELETE FROM watches WHERE device_id = ?", [device.rawValue])
        for user in Set(users) {
            try execute("INSERT INTO watches (device_id, user_id) VALUES (?, ?)", [device.rawValue, user.rawValue])
        }
    }
}
