import RingbackCore
import RingbackModel

extension PostgresReader {
    // MARK: Users

    static let selectAccount =
        """
        SELECT user_id, display_name, password_hash, busy, created_at, last_seen_at, banned_at, calls_from,
            do_not_disturb, calls_seen_until FROM users
        """

    func account(_ user: UserID) throws -> Account? {
        try first(
            "\(Self.selectAccount) WHERE user_id = $1 AND erased_at IS NULL", .text(user.rawValue), read: Self.account)
    }

    func accounts(prefix: String, after: UserID?, limit: Int) throws -> [Account] {
        // "\u{7F}" sorts behind every character a name may have.
        try all(
            """
            \(Self.selectAccount) WHERE user_id >= $1 AND user_id < $2 AND user_id > $3 AND erased_at IS NULL
            ORDER BY user_id LIMIT $4
            """, .text(prefix), .text(prefix + "\u{7F}"), .text(after?.rawValue ?? ""), .integer(Int64(limit)),
            read: Self.account)
    }

    func closedUsers() throws -> [UserID] {
        try all("SELECT user_id FROM users WHERE erased_at IS NOT NULL AND password_hash <> ''") { try $0.user(0) }
    }

    static func account(_ row: Row) throws -> Account {
        var account = Account(
            userId: try row.user(0), displayName: try row.text(1), passwordHash: try row.text(2),
            busy: try row.value(BusyPolicy(rawValue: row.text(3)), 3), createdAt: try row.time(4),
            lastSeenAt: row.optionalTime(5), bannedAt: row.optionalTime(6))
        account.callsFrom = try row.value(CallsFrom(rawValue: row.text(7)), 7)
        account.callsSeenUntil = row.optionalTime(9)
        if let text = row.optionalText(8) {
            let json = JSONSlice(kept: Array(text.utf8))
            account.doNotDisturb = try row.value(json.flatMap { DoNotDisturb($0) }, 8)
        }
        return account
    }

    // MARK: Devices

    static let selectDevice =
        "SELECT user_id, device_id, name, token_hash, created_at, expires_at, last_seen_at, muted FROM devices"

    func device(_ device: DeviceID) throws -> DeviceRecord? {
        try first("\(Self.selectDevice) WHERE device_id = $1", .text(device.rawValue), read: Self.device)
    }

    func device(tokenHash: [UInt8]) throws -> DeviceRecord? {
        try first("\(Self.selectDevice) WHERE token_hash = $1", .bytes(tokenHash), read: Self.device)
    }

    func owner(of device: DeviceID) throws -> UserID? {
        try first(
            """
            SELECT user_id FROM devices WHERE device_id = $1
            UNION ALL SELECT user_id FROM former_devices WHERE device_id = $1
            """, .text(device.rawValue)
        ) { try $0.user(0) }
    }

    func voidTokens(of user: UserID, device: DeviceID?) throws -> Timestamp? {
        try first(
            "SELECT max(issued_until) FROM void_tokens WHERE user_id = $1 AND ($2 = '' OR device_id IN ('', $2))",
            .text(user.rawValue), .text(device?.rawValue ?? "")
        ) { $0.optionalTime(0) } ?? nil
    }

    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord] {
        let devices = try all("\(Self.selectDevice) WHERE user_id = $1", .text(user.rawValue), read: Self.device)
        return Array(Self.newestFirst(devices).prefix(limit))
    }

    static func newestFirst(_ devices: [DeviceRecord]) -> [DeviceRecord] {
        devices.sorted { a, b in
            let (seenA, seenB) = (a.lastSeenAt?.milliseconds ?? .min, b.lastSeenAt?.milliseconds ?? .min)
            return seenA == seenB ? a.participant.deviceId.rawValue < b.participant.deviceId.rawValue : seenA > seenB
        }
    }

    static func device(_ row: Row) throws -> DeviceRecord {
        var record = DeviceRecord(
            participant: Participant(userId: try row.user(0), deviceId: try row.device(1)), name: row.optionalText(2),
            tokenHash: try row.bytes(3), createdAt: try row.time(4), expiresAt: try row.time(5),
            lastSeenAt: row.optionalTime(6))
        record.isMuted = row.bool(7)
        return record
    }

    // MARK: Blocks and watch lists

    func concealment(of blocker: UserID, from user: UserID) throws -> Concealment? {
        try first(
            "SELECT last_seen_at FROM blocks WHERE blocked_id = $1 AND blocker_id = $2", .text(user.rawValue),
            .text(blocker.rawValue)
        ) { Concealment(lastSeenAt: $0.optionalTime(0)) }
    }

    func blocks(of user: UserID) throws -> [Block] {
        try all(
            "SELECT blocked_id, created_at FROM blocks WHERE blocker_id = $1 ORDER BY blocked_id", .text(user.rawValue)
        ) { Block(userId: try $0.user(0), createdAt: try $0.time(1)) }
    }

    func watchedUsers(by device: DeviceID) throws -> [UserID] {
        try all("SELECT user_id FROM watches WHERE device_id = $1 ORDER BY user_id", .text(device.rawValue)) {
            try $0.user(0)
        }
    }
}
