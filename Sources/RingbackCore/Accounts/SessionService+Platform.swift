package import RingbackModel

/// Verifies tokens of a platform that has users of its own.
package struct PlatformTokens: Sendable {
    /// What a token says.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`; `keys_unavailable` when the keys can't be had at the
    ///   moment.
    package let verify: @Sendable (_ token: String, _ now: Timestamp) async throws -> PlatformClaims

    package init(verify: @escaping @Sendable (_ token: String, _ now: Timestamp) async throws -> PlatformClaims) {
        self.verify = verify
    }

    /// Whether `token` may be one of the platform's. Tokens of this server have no dots.
    package static func looksLikeOne(_ token: String) -> Bool { token.utf8.contains(UInt8(ascii: ".")) }
}

extension SessionService {
    /// Whose token of the platform it is. The first one of a user or a device creates it.
    ///
    /// - Throws: ``Problem`` `user_banned`; `forbidden` for a user who was erased; `unauthenticated`, also for a token
    ///   from before the sign-out of its device; `token_expired`; `invalid_request` when the device belongs to another
    ///   user.
    func principal(of token: String, device: String?, _ platform: PlatformTokens) async throws -> Principal {
        let removals = cache.removals
        let claims = try await claims(of: token, platform)
        let participant = try Self.participant(claims, device: device)
        var record: DeviceRecord
        if let known = try await existing(participant, claims) {
            record = known.record
            if known.hasOtherName, renames.takes(participant.userId, at: time.monotonic) { try await rename(claims) }
        } else {
            record = try await admit(participant, claims)
        }
        record.expiresAt = claims.expiresAt
        let principal = try check(record)
        cache.insert(record, for: Self.hash(token, device: device), unlessRemovedSince: removals)
        return principal
    }

    /// Exchanges a token of the platform for a session.
    ///
    /// - Throws: ``Problem`` like ``authenticate(_:device:)``.
    package func exchange(_ token: String, deviceName: String?, device: DeviceID?) async throws -> Session {
        guard let platform else {
            throw Problem.invalid("platformToken", "is not accepted: this server has no keys to verify it with")
        }
        let claims = try await claims(of: token, platform)
        if let named = claims.device, let device, named != device {
            throw Problem.invalid("deviceId", "is another than the device_id of the token")
        }
        try admission(claims.user)
        return try await open(claims.user, deviceName: deviceName, device: claims.device ?? device) {
            [now = time.now, outbox] store in
            try Self.checkSignOut(claims, store)
            try Self.save(claims, store, outbox, at: now)
        }
    }

    private func claims(of token: String, _ platform: PlatformTokens) async throws -> PlatformClaims {
        let now = time.now
        let claims = try await platform.verify(token, now)
        if let issuedAt = claims.issuedAt { platformClock.received(issuedAt, at: now) }
        return claims
    }

    /// Tokens of the platform that were issued until then are void after a sign-out now.
    var voidUntil: Timestamp { platformClock.latest(at: time.now) }

    /// The device of a token that changes nothing of it, and whether the token has another name of the user.
    private func existing(
        _ participant: Participant, _ claims: PlatformClaims
    ) async throws -> (record: DeviceRecord, hasOtherName: Bool)? {
        try await store.read { store in
            try Self.checkSignOut(claims, store)
            guard let record = try store.device(participant.deviceId), record.participant == participant,
                record.expiresAt >= claims.expiresAt, let account = try store.account(participant.userId),
                account.bannedAt == nil
            else { return nil }
            return (record, account.displayName != claims.displayName ?? account.displayName)
        }
    }

    private func rename(_ claims: PlatformClaims) async throws {
        try await store.write(of: claims.user) { [now = time.now, outbox] store in
            try Self.save(claims, store, outbox, at: now)
        }
    }

    /// Adds the user or the device, or changes what the token says of them.
    private func admit(_ participant: Participant, _ claims: PlatformClaims) async throws -> DeviceRecord {
        try admission(participant.userId)
        return try await store.write(of: participant.userId) { [now = time.now, maximumDevices, outbox] store in
            try Self.checkSignOut(claims, store)
            try Self.save(claims, store, outbox, at: now)
            try Self.checkOwner(of: participant, "device_id", store)
            if var record = try store.device(participant.deviceId) {
                record.expiresAt = max(record.expiresAt, claims.expiresAt)
                try store.save(record)
                return record
            }
            // No token has this hash: the device is signed in by the platform's tokens alone.
            let record = DeviceRecord(
                participant: participant, name: nil, tokenHash: Self.hash(OpaqueText.random(bytes: 32)), createdAt: now,
                expiresAt: claims.expiresAt, lastSeenAt: now)
            try store.save(record, limit: maximumDevices)
            return record
        }
    }

    /// Creates the user, or gives it the name that the platform knows it by.
    private static func save(
        _ claims: PlatformClaims, _ store: any StoreWriter, _ outbox: OutboxPlan, at now: Timestamp
    ) throws {
        guard var account = try store.account(claims.user) else {
            let account = Account(
                userId: claims.user, displayName: claims.displayName ?? claims.user.rawValue,
                passwordHash: Account.noPassword, busy: .wait, createdAt: now)
            guard try store.insert(account, telling: outbox) else {
                throw Problem(.forbidden, "The user \(claims.user) was erased. The identifier is not given again.")
            }
            return
        }
        try account.checkBan()
        guard let name = claims.displayName, name != account.displayName else { return }
        account.displayName = name
        try store.update(account)
    }

    /// Refuses a token of a banned user, or from before the sign-out of its device, or of all devices. One that names
    /// no device may have been used by any, so it is refused after the sign-out of any; one that does not say when it
    /// was issued may be from before.
    private static func checkSignOut(_ claims: PlatformClaims, _ store: any AccountReader) throws {
        try store.account(claims.user)?.checkBan()
        guard let end = try store.voidTokens(of: claims.user, device: claims.device) else { return }
        guard let issuedAt = claims.issuedAt else { throw unauthenticated }
        // The clock of the platform may be behind: its next token will do.
        guard issuedAt > end else { throw Problem(.tokenExpired, "Get a new token from the platform.") }
    }

    private static func participant(_ claims: PlatformClaims, device: String?) throws -> Participant {
        if let device = claims.device { return Participant(userId: claims.user, deviceId: device) }
        if let device {
            guard let id = DeviceID(device) else {
                throw Problem.invalid("Ringback-Device", "must be 8 to 64 characters of [A-Za-z0-9_-]")
            }
            return Participant(userId: claims.user, deviceId: id)
        }
        guard let id = unnamedDevice(of: claims.user) else { throw unauthenticated }
        return Participant(userId: claims.user, deviceId: id)
    }

    /// The device of all tokens of a user that name none: 33 characters, of which the first is `p` and the others are
    /// hexadecimal.
    private static func unnamedDevice(of user: UserID) -> DeviceID? {
        let hash = hash("the one device of \(user)").prefix(16)
        return DeviceID("p" + hash.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined())
    }

    /// Checks that a device is new or the user's. Identifiers that may stand for tokens that name no device are their
    /// user's alone, so that nobody can take them first.
    static func checkOwner(of device: Participant, _ field: String, _ store: any AccountReader) throws {
        let id = device.deviceId.rawValue.utf8
        let isReserved =
            id.count == 33 && id.first == UInt8(ascii: "p")
            && id.dropFirst().allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard try store.owner(of: device.deviceId) ?? device.userId == device.userId,
            !isReserved || device.deviceId == unnamedDevice(of: device.userId)
        else { throw Problem.invalid(field, "belongs to another user") }
    }

    static func hash(_ token: String, device: String?) -> [UInt8] { hash(device.map { "\(token) \($0)" } ?? token) }
}
