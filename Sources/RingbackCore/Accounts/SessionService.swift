import Crypto
package import RingbackModel

/// Signing in and out: bearer tokens (RFC 6750), each bound to a device.
package final class SessionService: Sendable {
    /// The sender of an authenticated request.
    package enum Principal: Sendable, Hashable {
        /// A signed-in device, and until when.
        case device(SignIn, expiresAt: Timestamp)
        case administrator
    }

    let store: any Store
    private let hasher: PasswordHasher
    let time: any Timekeeper
    private let lifetime: Duration
    private let administratorHash: SHA256Digest?
    private let cache = SessionCache()
    private let attempts = AttemptLimiter()

    /// - Parameters:
    /// - lifetime: How long a token is valid.
    /// - administratorToken: The token that permits ending any call; `nil` for none.
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
    /// - Parameter device: An existing device of the user, whose previous token becomes invalid; by default a new one.
    /// - Throws: ``Problem`` `unauthenticated`, the same for a wrong password and an unknown user; `rate_limited` after
    ///   ten wrong passwords within a minute; `invalid_request` if the device belongs to another user.
    package func signIn(
        _ user: UserID, password: String, deviceName: String?, device: DeviceID?
    ) async throws -> Session {
        guard let (account, _) = try await account(of: user, with: [password]) else {
            throw Problem(.unauthenticated, "The user is unknown or the password is wrong.")
        }
        return try await open(user, deviceName: deviceName, device: device, passwordHash: account.passwordHash)
    }

    /// The account of the user if its password is one of `passwords`, and the index of the matching one. The number of
    /// attempts is limited.
    ///
    /// - Returns: `nil` if none matches or the user does not exist.
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

    /// Creates a session without verifying a password.
    ///
    /// - Parameter passwordHash: The hash against which the password was verified. It must still be that of the
    ///   account, which may have been erased or changed meanwhile.
    /// - Throws: ``Problem`` `unauthenticated` if the user does not exist; `invalid_request` if the device belongs to
    ///   another user.
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

    /// Finds out whose token it is.
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

    /// Finds out whose token it is from memory; `nil` if the store must be asked.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    package func known(_ token: String) throws -> Principal? {
        guard token.utf8.count <= 512 else { throw Self.unauthenticated }
        let digest = SHA256.hash(data: Array(token.utf8))
        if let administratorHash, digest == administratorHash { return .administrator }
        return try cache.device(tokenHash: Self.bytes(of: digest)).map { try check($0) }
    }

    /// Looks once more whether a sign-in is good: it may have ended since its token or ticket was looked at.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    @discardableResult
    package func principal(of signIn: SignIn) async throws -> Principal {
        guard let device = try await store.read({ try $0.device(signIn.participant.deviceId) }),
            device.signIn == signIn
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
    ///
    /// - Parameter signIn: Of the same user.
    /// - Throws: ``Problem`` `not_found`; `unauthenticated` when `signIn` is over.
    package func revoke(_ device: DeviceID, by signIn: SignIn) async throws {
        try await store.write { store in
            try store.check(signIn)
            guard let record = try store.device(device), record.participant.userId == signIn.participant.userId
            else { throw Self.noDevice }
            try store.delete(device)
        }
    }

    /// Signs all devices of a user out, the one that asks included.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``Problem`` `unauthenticated` when `signIn` is over.
    package func revokeAll(by signIn: SignIn) async throws -> Int {
        try await store.write { store in
            try store.check(signIn)
            return try store.deleteDevices(of: signIn.participant.userId)
        }
    }

    /// Forgets a sign-in that is over. To be called with each of ``Commit/ended``.
    package func forget(_ signIn: SignIn) { cache.remove(signIn.participant.deviceId) }

    /// The number of devices that were signed out, or signed in again, since the start. While it does not change,
    /// tokens stay valid.
    package var removals: UInt64 { cache.removals }

    private func check(_ device: DeviceRecord) throws -> Principal {
        guard device.expiresAt > time.now else { throw Problem(.tokenExpired, "Sign in again.") }
        return .device(device.signIn, expiresAt: device.expiresAt)
    }

    static func hash(_ token: String) -> [UInt8] { bytes(of: SHA256.hash(data: Array(token.utf8))) }

    /// Copied at once: a digest as a sequence provides one byte at a time.
    private static func bytes(of digest: SHA256Digest) -> [UInt8] { digest.withUnsafeBytes { Array($0) } }

    package static var unauthenticated: Problem { Problem(.unauthenticated, "The token is missing, wrong or revoked.") }
    private static var noDevice: Problem { Problem(.notFound, "The device does not exist.") }
}

extension DeviceRecord {
    func device(current: Bool) -> Device {
        Device(
            deviceId: participant.deviceId, deviceName: name, createdAt: createdAt, expiresAt: expiresAt,
            lastSeenAt: lastSeenAt, current: current)
    }
}
