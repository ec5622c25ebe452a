package import RingbackModel

/// Verifies tokens of a platform that has users of its own.
package struct PlatformTokens: Sendable {
    /// What a token says.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`; `keys_unavailable` when the keys can't be had at the moment.
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
    /// - Throws: ``Problem`` `user_banned`; `unauthenticated`, also for a token from before the sign-out of its device; `token_expired`;
    ///   `invalid_request` when the device belongs to another user.
    func principal(of token: String, device: String?, _ platform: PlatformTokens) async throws -> Principal {
        let removals = cache.removals
        let claims = try await platform.verify(token, time.now)
        let participant = try Self.participant(claims, device: device)
        var record = try await existing(participant, claims)
        if record == nil { record = try await admit(participant, claims) }
        guard var record else { throw Self.unauthenticated }
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
        let claims = try await platform.verify(token, time.now)
        if let named = claims.device, let device, named != device {
            throw Problem.invalid("deviceId", "is another than the device_id of the token")
        }
        try await store.write { [now = time.now, outbox] store in
            try Self.save(claims, store, outbox, at: now)
            if let device = claims.device ?? device { try Self.checkSignOut(of: device, claims, store) }
        }
        return try await open(claims.user, deviceName: deviceName, device: claims.device ?? device)
    }

    /// The device of a token that changes nothing.
    private func existing(_ participant: Participant, _ claims: PlatformClaims) async throws -> DeviceRecord? {
        try await store.read { store in
            guard let record = try store.device(participant.deviceId), record.participant == participant,
                record.expiresAt >= claims.expiresAt, let account = try store.account(participant.userId),
                account.displayName == claims.displayName ?? account.displayName, account.bannedAt == nil
            else { return nil }
            return record
        }
    }

    private func admit(_ participant: Participant, _ claims: PlatformClaims) async throws -> DeviceRecord {
        try await store.write { [now = time.now, maximumDevices, outbox] store in
            try Self.save(claims, store, outbox, at: now)
            guard try store.owner(of: participant.deviceId) ?? participant.userId == participant.userId else {
                throw Problem.invalid("device_id", "belongs to another user")
            }
            if var record = try store.device(participant.deviceId) {
                record.expiresAt = max(record.expiresAt, claims.expiresAt)
                try store.save(record)
                return record
            }
            try Self.checkSignOut(of: participant.deviceId, claims, store)
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
            // The identifier of a user who was erased is not given again.
            guard try store.insert(account, telling: outbox) else { throw unauthenticated }
            return
        }
        try account.checkBan()
        guard let name = claims.displayName, name != account.displayName else { return }
        account.displayName = name
        try store.update(account)
    }

    /// Refuses a token from before the sign-out of its device. One that does not say when it was made may be.
    private static func checkSignOut(of device: DeviceID, _ claims: PlatformClaims, _ store: any AccountReader) throws {
        guard let endedAt = try store.signOut(of: device) else { return }
        guard let issuedAt = claims.issuedAt, issuedAt > endedAt else { throw unauthenticated }
    }

    private static func participant(_ claims: PlatformClaims, device: String?) throws -> Participant {
        if let device = claims.device { return Participant(userId: claims.user, deviceId: device) }
        if let device {
            guard let id = DeviceID(device) else {
                throw Problem.invalid("Ringback-Device", "must be 8 to 64 characters of [A-Za-z0-9_-]")
            }
            return Participant(userId: claims.user, deviceId: id)
        }
        // All tokens of a user that name no device stand for this one.
        let hash = hash("the one device of \(claims.user)").prefix(16)
        let text = "p" + hash.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        guard let id = DeviceID(text) else { throw unauthenticated }
        return Participant(userId: claims.user, deviceId: id)
    }

    static func hash(_ token: String, device: String?) -> [UInt8] { hash(device.map { "\(token) \($0)" } ?? token) }
}
