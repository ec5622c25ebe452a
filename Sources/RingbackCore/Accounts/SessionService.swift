import Crypto
package import RingbackModel

/// Signing in and out: bearer tokens (RFC 6750), each bound to a device.
package final class SessionService: Sendable {
    /// Who may do what.
    package enum Principal: Sendable, Hashable {
        /// A signed-in device, and until when.
        case device(Participant, expiresAt: Timestamp)
        case administrator
    }

    private let store: any Store
    private let hasher: PasswordHasher
    private let time: any Timekeeper
    private let lifetime: Duration
    private let administratorHash: SHA256Digest?
    private let cache = SessionCache()
    private let attempts = AttemptLimiter()

    /// - Parameters:
    ///   - lifetime: How long a token is good.
    ///   - administratorToken: A token that may end any call; `nil` for none.
    package init(
        store: any Store, hasher: PasswordHasher, time: any Timekeeper, lifetime: Duration, administratorToken: String?
    ) {
        self.store = store
        self.hasher = hasher
        self.time = time
        self.lifetime = lifetime
        administratorHash = administratorToken.map { SHA256.hash(data: Array($0.utf8)) }
    }

    /// Signs in with a password.
    ///
    /// - Parameter device: The device to be again; its old token is void. By default a new one.
    /// - Throws: ``Problem`` `unauthenticated`, the same for a wrong password and an unknown user; `rate_limited` after ten
    ///   wrong passwords within a minute; `invalid_request` when the device is another user's.
    package func signIn(
        _ user: UserID, password: String, deviceName: String?, device: DeviceID?
    ) async throws -> Session {
        guard let (account, _) = try await account(of: user, with: [password]) else {
            throw Problem(.unauthenticated, "The user is unknown or the password is wrong.")
        }
        return try await open(user, deviceName: deviceName, device: device, passwordHash: account.passwordHash)
    }

    /// The account whose password is one of these, and which. The attempts of a user are limited.
    ///
    /// - Returns: `nil` when none is, or there is no such user.
    /// - Throws: ``Problem`` `rate_limited`.
    package func account(of user: UserID, with passwords: [String]) async throws -> (Account, index: Int)? {
        try attempts.begin(user, at: time.now)
        var isRight: Bool?
        defer { attempts.end(user, hasSucceeded: isRight) }
        let account = try await store.read { try $0.account(user) }
        for (index, password) in passwords.enumerated() {
            isRight = try await hasher.verify(password, against: account?.passwordHash) && account != nil
            if isRight == true, let account { return (account, index) }
        }
        return nil
    }

    /// Signs a user in without asking for a password.
    ///
    /// - Parameter passwordHash: The one that a password was verified against: it must still be the account's, which may have
    ///   been erased or have got another password meanwhile.
    /// - Throws: ``Problem`` `unauthenticated` when there is no such user; `invalid_request` when the device is another user's.
    package func open(
        _ user: UserID, deviceName: String?, device: DeviceID?, passwordHash: String? = nil
    ) async throws -> Session {
        let token = OpaqueText.random(bytes: 32)
        let now = time.now
        let participant = Participant(userId: user, deviceId: device ?? .random())
        let record = try await store.write { [lifetime] store in
            guard let account = try store.account(user), passwordHash == nil || passwordHash == account.passwordHash
            else { throw Self.unauthenticated }
            let old = try store.device(participant.deviceId)
            if let old, old.participant.userId != user { throw Problem.invalid("deviceId", "is taken") }
            let record = DeviceRecord(
                participant: participant, name: deviceName ?? old?.name, tokenHash: Self.hash(token), createdAt: now,
                expiresAt: now + lifetime, lastSeenAt: now)
            try store.save(record)
            return record
        }
        return Session(
            token: token, userId: user, deviceId: participant.deviceId, deviceName: record.name, createdAt: now,
            expiresAt: record.expiresAt)
    }

    /// Whose token it is.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    package func authenticate(_ token: String) async throws -> Principal {
        if let principal = try known(token) { return principal }
        let hash = Self.hash(token)
        let removals = cache.removals
        guard let device = try await store.read({ try $0.device(tokenHash: hash) }) else { throw Self.unauthenticated }
        let principal = try check(device)
        cache.insert(device, unlessRemovedSince: removals)
        return principal
    }

    /// Whose token it is, without asking the store; `nil` when only that can tell.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    package func known(_ token: String) throws -> Principal? {
        guard token.utf8.count <= 512 else { throw Self.unauthenticated }
        let digest = SHA256.hash(data: Array(token.utf8))
        if let administratorHash, digest == administratorHash { return .administrator }
        return try cache.device(tokenHash: Self.bytes(of: digest)).map { try check($0) }
    }

    /// A device that came with a ticket in place of its token.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired` when the device's token is no longer good.
    package func principal(of participant: Participant) async throws -> Principal {
        guard let device = try await store.read({ try $0.device(participant.deviceId) }),
            device.participant == participant
        else { throw Self.unauthenticated }
        return try check(device)
    }

    package func devices(of participant: Participant) async throws -> [Device] {
        try await store.read { try $0.devices(of: participant.userId, limit: 1000) }
            .map { $0.device(current: $0.participant == participant) }
    }

    package func device(_ device: DeviceID, for participant: Participant) async throws -> Device {
        guard let record = try await store.read({ try $0.device(device) }),
            record.participant.userId == participant.userId
        else { throw Self.noDevice }
        return record.device(current: device == participant.deviceId)
    }

    /// Signs a device out: its token is void. The commit names it in ``Commit/ended``.
    package func revoke(_ device: DeviceID, of user: UserID) async throws {
        try await store.write { store in
            guard let record = try store.device(device), record.participant.userId == user else { throw Self.noDevice }
            try store.delete(device)
        }
    }

    /// Forgets a device whose token is void. To be called with each of ``Commit/ended``.
    package func forget(_ participant: Participant) { cache.remove(participant.deviceId) }

    /// How many devices were signed out, or signed in again, since the start. While it stays the same, a token that was good is.
    package var removals: UInt64 { cache.removals }

    private func check(_ device: DeviceRecord) throws -> Principal {
        guard device.expiresAt > time.now else { throw Problem(.tokenExpired, "Sign in again.") }
        return .device(device.participant, expiresAt: device.expiresAt)
    }

    private static func hash(_ token: String) -> [UInt8] { bytes(of: SHA256.hash(data: Array(token.utf8))) }

    /// In one piece: as a sequence a digest gives byte by byte.
    private static func bytes(of digest: SHA256Digest) -> [UInt8] { digest.withUnsafeBytes { Array($0) } }

    package static var unauthenticated: Problem { Problem(.unauthenticated, "The token is missing, wrong or revoked.") }
    private static var noDevice: Problem { Problem(.notFound, "There is no such device of yours.") }
}

extension DeviceRecord {
    func device(current: Bool) -> Device {
        Device(
            deviceId: participant.deviceId, deviceName: name, createdAt: createdAt, expiresAt: expiresAt,
            lastSeenAt: lastSeenAt, current: current)
    }
}
