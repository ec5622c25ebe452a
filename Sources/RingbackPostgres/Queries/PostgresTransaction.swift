import RingbackCore
import RingbackModel

/// A small transaction for all that is no change of a call. Those of one user are done one behind the other, under the
/// user's lock: each statement sees what the one before has committed. What concerns others as well locks the rows that
/// it depends on.
final class PostgresTransaction: PostgresReader, StoreWriter {
    private static let maximumTries = 20

    private let origin: Origin
    /// When the transaction began.
    let now: Timestamp

    /// Where a transaction comes from.
    struct Origin: Sendable {
        let node: String
        let lockSeed: Int64
    }

    /// What others are to hear of it.
    struct News: Sendable {
        /// Sign-ins that are over.
        var ended: [SignIn] = []
        /// Users whose blocks have changed.
        var blockers: [UserID] = []
        /// Devices that watch other users now.
        var watching: [Participant] = []
        /// Whether messages were added to the outbox.
        var hasMessages = false
    }

    var news = News()

    private init(_ connection: PostgresConnection, of user: UserID?, from origin: Origin, now: Timestamp) {
        self.origin = origin
        self.now = now
        let lock = user.map { CallGroup.lock([$0.rawValue], seed: origin.lockSeed) }
        super.init(connection, begin: [Statement("BEGIN ISOLATION LEVEL READ COMMITTED")] + (lock.map { [$0] } ?? []))
    }

    /// Runs `work` and commits; again when it got in the way of another.
    ///
    /// - Parameter user: Whose writes are done one behind the other.
    /// - Returns: What `work` returns, and what others are to hear of it.
    /// - Throws: What `work` throws, of which nothing is left; ``PostgresError``. When that says that the connection
    ///   was lost, the commit may have been made.
    static func write<Value>(
        _ connection: PostgresConnection, of user: UserID? = nil, from origin: Origin, now: Timestamp,
        _ work: (PostgresTransaction) throws -> Value
    ) throws -> (Value, News) {
        var tries = 0
        while true {
            tries += 1
            var isCommitting = false
            do {
                let transaction = PostgresTransaction(connection, of: user, from: origin, now: now)
                let value = try work(transaction)
                isCommitting = true
                try transaction.end(transaction.revocations)
                return (value, transaction.news)
            } catch {
                connection.rollBack()
                guard let error = error as? PostgresError, tries < maximumTries else { throw error }
                guard error.isRetryable || error.isLost && !isCommitting && tries == 1 else { throw error }
                if error.isRetryable { connection.waitAfterConflict(tries) }
            }
        }
    }

    func noteMessages() { news.hasMessages = true }

    /// For the nodes that miss the signal.
    private var revocations: [Statement] {
        guard !news.ended.isEmpty else { return [] }
        return [
            Statement(
                """
                INSERT INTO revocations (node_id, user_id, device_id, generation, ended_at)
                SELECT $1, user_id, device_id, generation, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
                FROM unnest($2::text[], $3::text[], $4::bigint[]) AS s (user_id, device_id, generation)
                """, .text(origin.node), .texts(news.ended.map(\.participant.userId.rawValue)),
                .texts(news.ended.map(\.participant.deviceId.rawValue)),
                .integers(news.ended.map { Int64(bitPattern: $0.generation) }))
        ]
    }

    func execute(_ sql: String, _ parameters: SQLValue...) throws { try rows(Statement(sql, all: parameters)) }

    func insert(_ account: Account) throws -> Bool {
        try rows(
            Statement(
                """
                INSERT INTO users (user_id, display_name, password_hash, busy, created_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (user_id) DO NOTHING
                """, .text(account.userId.rawValue), .text(account.displayName), .text(account.passwordHash),
                .text(account.busy.rawValue), .integer(account.createdAt.milliseconds))
        ).affected == 1
    }

    func update(_ account: Account) throws {
        try execute(
            """
            UPDATE users SET display_name = $1, password_hash = $2, busy = $3, banned_at = $4, calls_from = $5,
                do_not_disturb = $6
            WHERE user_id = $7
            """,
            .text(account.displayName), .text(account.passwordHash), .text(account.busy.rawValue),
            .integer(account.bannedAt?.milliseconds), .text(account.callsFrom.rawValue),
            .text(account.doNotDisturb.stored), .text(account.userId.rawValue))
    }

    func close(_ user: UserID, at now: Timestamp) throws {
        // An invitation that is being decided has the lock: behind it, its call is among those that are ended.
        try rows(CallGroup.lock([user.rawValue], seed: origin.lockSeed))
        news.ended += try devices(of: user, limit: .max).map(\.signIn)
        try execute("DELETE FROM devices WHERE user_id = $1", .text(user.rawValue))
        try execute(
            "UPDATE users SET erased_at = $1 WHERE user_id = $2", .integer(now.milliseconds), .text(user.rawValue))
    }

    func save(_ device: DeviceRecord) throws {
        try execute("DELETE FROM former_devices WHERE device_id = $1", .text(device.participant.deviceId.rawValue))
        if let old = try self.device(device.participant.deviceId), old.signIn != device.signIn {
            news.ended.append(old.signIn)
        }
        let written = try all(
            """
            INSERT INTO devices AS d (device_id, user_id, name, token_hash, created_at, expires_at, last_seen_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (device_id) DO UPDATE SET name = excluded.name, token_hash = excluded.token_hash,
                created_at = excluded.created_at, expires_at = excluded.expires_at,
                last_seen_at = excluded.last_seen_at, muted = false
            WHERE d.user_id = excluded.user_id
            RETURNING 1
            """, .text(device.participant.deviceId.rawValue), .text(device.participant.userId.rawValue),
            .text(device.name), .bytes(device.tokenHash), .integer(device.createdAt.milliseconds),
            .integer(device.expiresAt.milliseconds), .integer(device.lastSeenAt?.milliseconds)
        ) { _ in true }
        // Another user has taken the identifier since it was looked for.
        guard !written.isEmpty else { throw PostgresError.conflict }
    }

    func setMuted(_ isMuted: Bool, _ device: DeviceID) throws {
        try execute("UPDATE devices SET muted = $1 WHERE device_id = $2", .bool(isMuted), .text(device.rawValue))
    }

    func delete(_ device: DeviceID) throws {
        guard let old = try self.device(device) else { return }
        news.ended.append(old.signIn)
        try remember(old.participant)
        try execute("DELETE FROM devices WHERE device_id = $1", .text(device.rawValue))
    }

    /// Keeps an identifier for its user, and lets go of those that were kept longest.
    private func remember(_ device: Participant) throws {
        let user = SQLValue.text(device.userId.rawValue)
        try execute(
            """
            INSERT INTO former_devices (device_id, user_id, ended_at) VALUES ($1, $2, $3)
            ON CONFLICT (device_id) DO UPDATE SET user_id = excluded.user_id, ended_at = excluded.ended_at
            """, .text(device.deviceId.rawValue), user, .integer(now.milliseconds))
        try execute(
            """
            DELETE FROM former_devices WHERE user_id = $1 AND ended_at < (
                SELECT ended_at FROM former_devices WHERE user_id = $1 ORDER BY ended_at DESC LIMIT 1 OFFSET $2)
            """, user, .integer(Int64(DeviceRecord.formerDevices - 1)))
    }

    func voidTokens(of user: UserID, _ device: DeviceID?, until now: Timestamp) throws {
        let id = SQLValue.text(user.rawValue)
        if device == nil { try execute("DELETE FROM void_tokens WHERE user_id = $1", id) }
        try execute(
            """
            INSERT INTO void_tokens (user_id, device_id, issued_until) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, device_id) DO UPDATE SET issued_until = excluded.issued_until
            """, id, .text(device?.rawValue ?? ""), .integer(now.milliseconds))
        try execute(
            """
            DELETE FROM void_tokens WHERE user_id = $1 AND device_id <> '' AND issued_until < (
                SELECT issued_until FROM void_tokens WHERE user_id = $1 AND device_id <> ''
                ORDER BY issued_until DESC LIMIT 1 OFFSET $2)
            """, id, .integer(Int64(DeviceRecord.formerDevices - 1)))
    }

    func setLastSeen(_ devices: [DeviceID: Timestamp]) throws {
        let devices = devices.sorted { $0.key.rawValue < $1.key.rawValue }
        let (names, times) = (
            SQLValue.texts(devices.map(\.key.rawValue)), SQLValue.integers(devices.map(\.value.milliseconds))
        )
        try execute(
            """
            UPDATE devices d SET last_seen_at = seen.time
            FROM unnest($1::text[], $2::bigint[]) AS seen (device_id, time) WHERE d.device_id = seen.device_id
            """, names, times)
        try execute(
            """
            UPDATE users u SET last_seen_at = greatest(u.last_seen_at, seen.time)
            FROM (
                SELECT d.user_id, max(s.time) AS time
                FROM unnest($1::text[], $2::bigint[]) AS s (device_id, time) JOIN devices d ON d.device_id = s.device_id
                GROUP BY d.user_id
            ) AS seen WHERE u.user_id = seen.user_id
            """, names, times)
    }

    func block(_ user: UserID, by blocker: UserID, at now: Timestamp, showing concealment: Concealment) throws {
        news.blockers.append(blocker)
        try execute(
            """
            INSERT INTO blocks (blocker_id, blocked_id, created_at, last_seen_at)
            SELECT $1, user_id, $3, $4 FROM users WHERE user_id = $2 AND erased_at IS NULL FOR SHARE
            ON CONFLICT DO NOTHING
            """, .text(blocker.rawValue), .text(user.rawValue), .integer(now.milliseconds),
            .integer(concealment.lastSeenAt?.milliseconds))
    }

    func unblock(_ user: UserID, by blocker: UserID) throws {
        news.blockers.append(blocker)
        try execute(
            "DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2", .text(blocker.rawValue),
            .text(user.rawValue))
    }

    func setWatchedUsers(_ users: [UserID], by device: DeviceID) throws {
        if let watcher = try self.device(device)?.participant { news.watching.append(watcher) }
        try execute("DELETE FROM watches WHERE device_id = $1", .text(device.rawValue))
        try execute(
            """
            INSERT INTO watches (device_id, user_id)
            SELECT $1, user_id FROM users WHERE user_id = ANY($2) AND erased_at IS NULL ORDER BY user_id FOR SHARE
            """, .text(device.rawValue), .texts(users.map(\.rawValue)))
    }
}
