import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteReader {
    // MARK: Queries for invitations, which the writer also prepares itself

    static let accountByID = "\(selectAccount) WHERE user_id = ? AND erased_at IS NULL"
    static let devicesOfUser = "\(selectDevice) WHERE user_id = ?"
    static let blockOfUser = "SELECT last_seen_at FROM blocks WHERE blocked_id = ? AND blocker_id = ?"

    // MARK: Users

    static let selectAccount =
        """
        SELECT user_id, display_name, password_hash, busy, created_at, last_seen_at, banned_at, calls_from,
            do_not_disturb, calls_seen_until FROM users
        """

    func account(_ user: UserID) throws -> Account? {
        try first(Self.accountByID, [user.rawValue], Self.account)
    }

    func accounts(prefix: String, after: UserID?, limit: Int) throws -> [Account] {
        // Only one lower bound, because SQLite would seek to the first of two. "\u{7F}" sorts after every allowed
        // character.
        let (comparison, start) =
            after.map { $0.rawValue >= prefix ? (">", $0.rawValue) : (">=", prefix) } ?? (">=", prefix)
        return try all(
            """
            \(Self.selectAccount) WHERE user_id \(comparison) ? AND user_id < ? AND erased_at IS NULL
            ORDER BY user_id LIMIT ?
            """, [start, prefix + "\u{7F}", limit], Self.account)
    }

    static func account(_ row: any Columns) throws -> Account {
        var account = Account(
            userId: try row.value(row.text(0).flatMap { UserID($0) }, "user_id"),
            displayName: try row.value(row.text(1), "display_name"),
            passwordHash: try row.value(row.text(2), "password_hash"),
            busy: try row.value(row.text(3).flatMap { BusyPolicy(rawValue: $0) }, "busy"),
            createdAt: try row.value(row.time(4), "created_at"), lastSeenAt: row.time(5), bannedAt: row.time(6))
        account.callsFrom = try row.value(row.text(7).flatMap { CallsFrom(rawValue: $0) }, "calls_from")
        account.callsSeenUntil = row.time(9)
        if let text = row.text(8) {
            let json = JSONSlice(kept: Array(text.utf8))
            account.doNotDisturb = try row.value(json.flatMap { DoNotDisturb($0) }, "do_not_disturb")
        }
        return account
    }

    // MARK: Devices

    static let selectDevice =
        "SELECT user_id, device_id, name, token_hash, created_at, expires_at, last_seen_at, muted FROM devices"

    func device(_ device: DeviceID) throws -> DeviceRecord? {
        try first("\(Self.selectDevice) WHERE device_id = ?", [device.rawValue], Self.device)
    }

    func device(tokenHash: [UInt8]) throws -> DeviceRecord? {
        try first("\(Self.selectDevice) WHERE token_hash = ?", [Data(tokenHash)], Self.device)
    }

    func owner(of device: DeviceID) throws -> UserID? {
        try rows(
            """
            SELECT user_id FROM devices WHERE device_id = ?1
            UNION ALL SELECT user_id FROM former_devices WHERE device_id = ?1
            """, [device.rawValue]
        ).first.map { try $0.user("user_id") }
    }

    func voidTokens(of user: UserID, device: DeviceID?) throws -> Timestamp? {
        try first(
            "SELECT max(issued_until) FROM void_tokens WHERE user_id = ?1 AND (?2 IS NULL OR device_id IN ('', ?2))",
            [user.rawValue, device?.rawValue]
        ) { $0.time(0) } ?? nil
    }

    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord] {
        Self.newestFirst(try all(Self.devicesOfUser, [user.rawValue], Self.device), limit: limit)
    }

    /// Sorted here, because SQLite creates a temporary table to find the first of several.
    static func newestFirst(_ devices: [DeviceRecord], limit: Int) -> [DeviceRecord] {
        let devices =
            devices.sorted { a, b in
                let (seenA, seenB) = (a.lastSeenAt?.milliseconds ?? .min, b.lastSeenAt?.milliseconds ?? .min)
                return seenA == seenB
                    ? a.participant.deviceId.rawValue < b.participant.deviceId.rawValue : seenA > seenB
            }
        return Array(devices.prefix(limit))
    }

    static func device(_ row: any Columns) throws -> DeviceRecord {
        var record = DeviceRecord(
            participant: Participant(
                userId: try row.value(row.text(0).flatMap { UserID($0) }, "user_id"),
                deviceId: try row.value(row.text(1).flatMap { DeviceID($0) }, "device_id")),
            name: row.text(2), tokenHash: try row.value(row.bytes(3), "token_hash"),
            createdAt: try row.value(row.time(4), "created_at"), expiresAt: try row.value(row.time(5), "expires_at"),
            lastSeenAt: row.time(6))
        record.isMuted = row.integer(7) != 0
        return record
    }

    // MARK: Blocks and watch lists

    func closedUsers() throws -> [UserID] {
        try rows("SELECT user_id FROM users WHERE erased_at IS NOT NULL AND password_hash <> ''", [])
            .map { try $0.user("user_id") }
    }

    func concealment(of blocker: UserID, from user: UserID) throws -> Concealment? {
        try first(Self.blockOfUser, [user.rawValue, blocker.rawValue]) { Concealment(lastSeenAt: $0.time(0)) }
    }

    func blocks(of user: UserID) throws -> [Block] {
        try rows("SELECT blocked_id, created_at FROM blocks WHERE blocker_id = ? ORDER BY blocked_id", [user.rawValue])
            .map { Block(userId: try $0.user("blocked_id"), createdAt: $0.time("created_at")) }
    }

    func watchedUsers(by device: DeviceID) throws -> [UserID] {
        try rows("SELECT user_id FROM watches WHERE device_id = ? ORDER BY user_id", [device.rawValue])
            .map { try $0.user("user_id") }
    }
}
