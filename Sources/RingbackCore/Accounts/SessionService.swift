import Crypto
package import RingbackModel
import Synchronization

/// Signing in and out: bearer tokens (RFC 6750), each bound to a device.
package final class SessionService: Sendable {
    /// The sender of an authenticated request.
    package enum Principal: Sendable, Hashable {
        /// A signed-in device, and when its token expires.
        case device(SignIn, expiresAt: Timestamp)
        case administrator
        /// A server key, which permits its scopes.
        case server(ServerKey)

        /// `nil` for the administrator and a server key.
        package var userId: UserID? {
            if case .device(let signIn, _) = self { signIn.participant.userId } else { nil }
        }
    }

    let store: any Store
    private let hasher: PasswordHasher
    let time: any Timekeeper
    private let lifetime: Duration
    let maximumDevices: Int
    private let administratorHash: SHA256Digest?
    let cache = SessionCache()
    let platform: PlatformTokens?
    let platformClock = PlatformClock()
    /// The webhooks for new users.
    let outbox: OutboxPlan
    /// Called before a token of the platform changes the store; throws if its user has done so too often.
    let admission: @Sendable (UserID) throws -> Void
    private let attempts = AttemptLimiter()
    /// How often the names in a user's tokens change the display name.
    let renames = Allowance<UserID>(every: .seconds(60), atOnce: 2)

    /// - Parameters:
    ///   - lifetime: How long a token is valid.
    ///   - maximumDevices: The maximum number of devices of a user. At the next sign-in, the device that was seen
    ///     longest ago is signed out.
    ///   - administratorToken: The token that permits ending any call; `nil` for none.
    ///   - platform: Verifies tokens of a platform that has users of its own.
    ///   - outbox: The webhooks for new users.
    ///   - admission: Called before a token of the platform adds a user or a device; throws if its user has done so too
    ///     often.
    package init(
        store: any Store, hasher: PasswordHasher, time: any Timekeeper, lifetime: Duration, maximumDevices: Int = 32,
        administratorToken: String?, platform: PlatformTokens? = nil, outbox: OutboxPlan = OutboxPlan(),
        admission: @escaping @Sendable (UserID) throws -> Void = { _ in }
    ) {
        self.store = store
        self.hasher = hasher
        self.time = time
        self.lifetime = lifetime
        self.maximumDevices = maximumDevices
        self.platform = platform
        self.outbox = outbox
        self.admission = admission
        administratorHash = administratorToken.map { SHA256.hash(data: Array($0.utf8)) }
    }

    /// Signs in with a password.
    ///
    /// - Parameters:
    ///   - device: An existing device of the user, whose previous token becomes invalid; by default a new one.
    ///   - previousToken: The newest token of a device of the user, even if it has expired. It proves that the device
    ///     has signed in before.
    ///   - address: Where the request came from; `nil` for clients that can't be told apart.
    /// - Throws: ``Problem`` `unauthenticated`, the same for a wrong password and an unknown user; `user_banned`;
    ///   `rate_limited` after ten wrong passwords within a minute; `invalid_request` if the device belongs to another
    ///   user.
    package func signIn(
        _ user: UserID, password: String, deviceName: String?, device: DeviceID?, previousToken: String? = nil,
        from address: String? = nil
    ) async throws -> Session {
        let client = try await client(of: user, device, previousToken)
        guard let (account, _) = try await account(of: user, with: [password], by: client, from: address)
        else {
            throw Problem(.unauthenticated, "The user is unknown or the password is wrong.")
        }
        // The cost setting has changed since the hash was created.
        let isOutdated = hasher.isOutdated(account.passwordHash)
        let renewed = isOutdated ? try await hasher.hash(password, for: PasswordClient(address: address)) : nil
        return try await open(
            user, deviceName: deviceName, device: device, passwordHash: account.passwordHash, renewedHash: renewed)
    }

    private func client(of user: UserID, _ device: DeviceID?, _ token: String?) async throws -> SignInClient {
        let token = token.flatMap { OpaqueText.isValid($0) ? Self.hash($0) : nil }
        guard token != nil || device != nil else { return .unknown }
        return try await store.read { store in
            if let token, let known = try store.device(tokenHash: token)?.participant, known.userId == user {
                return .device(known.deviceId)
            }
            guard let device, try store.device(device)?.participant.userId == user else { return .unknown }
            return .namesDevice
        }
    }

    /// The account of the user if its password is one of `passwords`, and the index of the matching one. The number of
    /// attempts is limited.
    ///
    /// - Parameters:
    ///   - client: Clients of which different things are known have separate limits, and do not wait behind each other.
    ///   - address: Where the request came from.
    /// - Returns: `nil` if none matches or the user does not exist.
    /// - Throws: ``Problem`` `rate_limited`.
    package func account(
        of user: UserID, with passwords: [String], by client: SignInClient, from address: String? = nil
    ) async throws -> (Account, index: Int)? {
        let account = try await store.read { try $0.account(user) }
        let key = AttemptLimiter.Key(user, client)
        try attempts.begin(key, at: time.monotonic)
        var isRight: Bool?
        defer { attempts.end(key, hasSucceeded: isRight) }
        let source = PasswordClient(address: address, knownUser: client.knownUser(user))
        for (index, password) in passwords.enumerated() {
            isRight = try await hasher.verify(password, against: account?.passwordHash, for: source) && account != nil
            if isRight == true, let account { return (account, index) }
        }
        return nil
    }

    /// Creates a session without verifying a password.
    ///
    /// - Parameters:
    ///   - passwordHash: The hash against which the password was verified. It must still be that of the account, which
    ///     may have been erased or changed meanwhile.
    ///   - renewedHash: A new hash of the same password, to replace that one.
    ///   - check: Performed first, in the same transaction.
    /// - Throws: ``Problem`` `unauthenticated` if the user does not exist; `user_banned`; `invalid_request` if the
    ///   device belongs to another user.
    package func open(
        _ user: UserID, deviceName: String?, device: DeviceID?, passwordHash: String? = nil,
        renewedHash: String? = nil,
        check: @escaping @Sendable (any StoreWriter) throws -> Void = { _ in }
    ) async throws -> Session {
        let token = OpaqueText.random(bytes: 32)
        let now = time.now
        let participant = Participant(userId: user, deviceId: device ?? .random())
        let record = try await store.write(of: user) { [lifetime, maximumDevices] store in
            try check(store)
            guard var account = try store.account(user), passwordHash == nil || passwordHash == account.passwordHash
            else { throw Self.unauthenticated }
            try account.checkBan()
            try Self.checkOwner(of: participant, "deviceId", store)
            if let renewedHash {
                account.passwordHash = renewedHash
                try store.update(account)
            }
            let old = try store.device(participant.deviceId)
            let record = DeviceRecord(
                participant: participant, name: deviceName ?? old?.name, tokenHash: Self.hash(token), createdAt: now,
                expiresAt: now + lifetime, lastSeenAt: now)
            try store.save(record, limit: maximumDevices)
            return record
        }
        return Session(
            token: token, userId: user, deviceId: participant.deviceId, deviceName: record.name, createdAt: now,
            expiresAt: record.expiresAt)
    }

    /// Finds out whose token it is.
    ///
    /// - Parameter device: The device that the request names, for a platform's token that names none.
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    package func authenticate(_ token: String, device: String? = nil) async throws -> Principal {
        if let principal = try known(token, device: device) { return principal }
        if let platform, PlatformTokens.looksLikeOne(token) {
            return try await principal(of: token, device: device, platform)
        }
        let hash = Self.hash(token)
        if ServerKey.looksLikeOne(token) {
            guard let key = try await serverKey(token) else { throw Self.unauthenticated }
            try key.check(at: time.now)
            return .server(key)
        }
        let removals = cache.removals
        guard let device = try await store.read({ try $0.device(tokenHash: hash) }) else { throw Self.unauthenticated }
        let principal = try check(device)
        cache.insert(device, for: hash, unlessRemovedSince: removals)
        return principal
    }

    /// The key that a token is, also a revoked or expired one.
    package func serverKey(_ token: String) async throws -> ServerKey? {
        guard ServerKey.looksLikeOne(token) else { return nil }
        let hash = Self.hash(token)
        return try await store.read { try $0.serverKey(hash: hash) }
    }

    /// Finds out whose token it is from memory; `nil` if the store must be asked.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    package func known(_ token: String, device: String? = nil) throws -> Principal? {
        let digest = SHA256.hash(data: Array(token.utf8))
        if let administratorHash, digest == administratorHash { return .administrator }
        if platform != nil, PlatformTokens.looksLikeOne(token) {
            // One that has been valid for long enough is verified again.
            return cache.device(tokenHash: Self.hash(token, device: device)).flatMap { try? check($0) }
        }
        guard token.utf8.count <= 512 else { throw Self.unauthenticated }
        return try cache.device(tokenHash: Self.bytes(of: digest)).map { try check($0) }
    }

    /// Checks a sign-in again: it may have ended since its token or ticket was checked.
    ///
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    @discardableResult
    package func principal(of signIn: SignIn) async throws -> Principal {
        guard let device = try await store.read({ try $0.device(signIn.participant.deviceId) }),
            device.signIn == signIn
        else { throw Self.unauthenticated }
        return try check(device)
    }

    /// Returns the devices of a user, the newest sign-in first.
    ///
    /// - Parameter after: The position after which the page begins.
    package func devices(of participant: Participant, after: DevicePlace?, limit: Int) async throws -> [Device] {
        let records = try await store.read { try $0.devices(of: participant.userId, limit: .max) }
        let present = try await store.presence.presentDevices(of: participant.userId)
        return records.filter { record in after.map { $0 < record.place } ?? true }.sorted { $0.place < $1.place }
            .prefix(limit).map { device($0, isCurrent: $0.participant == participant, present) }
    }

    package func device(_ device: DeviceID, for participant: Participant) async throws -> Device {
        guard let record = try await store.read({ try $0.device(device) }),
            record.participant.userId == participant.userId
        else { throw Self.noDevice }
        let present = try await store.presence.presentDevices(of: participant.userId)
        return self.device(record, isCurrent: record.participant == participant, present)
    }

    func device(_ record: DeviceRecord, isCurrent: Bool, _ present: Set<DeviceID>) -> Device {
        let id = record.participant.deviceId
        // The stored time of a connected device may be some minutes old.
        return Device(
            deviceId: id, deviceName: record.name, createdAt: record.createdAt, expiresAt: record.expiresAt,
            lastSeenAt: present.contains(id) ? time.now : record.lastSeenAt, current: isCurrent, muted: record.isMuted)
    }

    /// Sets whether calls do not ring on a device of the user.
    ///
    /// - Throws: ``Problem`` `not_found`; `unauthenticated` if `signIn` has ended.
    package func setMuted(_ isMuted: Bool, _ device: DeviceID, by signIn: SignIn) async throws {
        try await store.write(of: signIn.participant.userId) { store in
            try store.check(signIn)
            guard let record = try store.device(device), record.participant.userId == signIn.participant.userId
            else { throw Self.noDevice }
            try store.setMuted(isMuted, device)
        }
    }

    /// Signs out a device. ``Commit/ended`` contains its sign-in.
    ///
    /// - Parameter signIn: A sign-in of the same user.
    /// - Throws: ``Problem`` `not_found`; `unauthenticated` if `signIn` has ended.
    package func revoke(_ device: DeviceID, by signIn: SignIn) async throws {
        try await store.write(.essential, of: signIn.participant.userId) { [voidUntil] store in
            try store.check(signIn)
            try store.signOut(device, of: signIn.participant.userId, voidUntil: voidUntil)
        }
    }

    /// Signs out all devices of a user, including the one that requests it.
    ///
    /// - Returns: The number of devices that were signed out.
    /// - Throws: ``Problem`` `unauthenticated` if `signIn` has ended.
    package func revokeAll(by signIn: SignIn) async throws -> Int {
        try await store.write(.essential, of: signIn.participant.userId) { [voidUntil] store in
            try store.check(signIn)
            return try store.signOut(signIn.participant.userId, voidUntil: voidUntil)
        }
    }

    /// Removes an ended sign-in from the cache. Must be called with each of ``Commit/ended``.
    package func forget(_ signIn: SignIn) { cache.remove(signIn.participant.userId) }

    /// Asks the store again about every token.
    package func forgetAll() {
        cache.removeAll()
        wasForgotten.store(true, ordering: .releasing)
    }

    /// Whether ``forgetAll()`` was called since this was asked before: devices may have been signed out unnoticed.
    package func takeWasForgotten() -> Bool { wasForgotten.exchange(false, ordering: .acquiringAndReleasing) }

    private let wasForgotten = Atomic(false)

    /// The number of devices that were signed out, or signed in again, since the start. While it does not change,
    /// tokens stay valid.
    package var removals: UInt64 { cache.removals }

    func check(_ device: DeviceRecord) throws -> Principal {
        guard device.expiresAt > time.now else { throw Problem(.tokenExpired, "Sign in again.") }
        return .device(device.signIn, expiresAt: device.expiresAt)
    }

    static func hash(_ token: String) -> [UInt8] { bytes(of: SHA256.hash(data: Array(token.utf8))) }

    /// Copied at once: a digest as a sequence provides one byte at a time.
    private static func bytes(of digest: SHA256Digest) -> [UInt8] { digest.withUnsafeBytes { Array($0) } }

    package static var unauthenticated: Problem { Problem(.unauthenticated, "The token is missing, wrong or revoked.") }
    static var noDevice: Problem { Problem(.notFound, "The device does not exist.") }
}
