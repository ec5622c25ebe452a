package import RingbackModel

/// The use cases of the platform's back end. Each use is recorded in the audit log: a change in the transaction that
/// makes it, a read before it is answered.
package final class PlatformService: Sendable {
    private let store: any Store
    private let hasher: PasswordHasher
    private let time: any Timekeeper
    private let sessions: SessionService
    private let accounts: AccountService
    private let calls: CallService
    /// An entry a minute for each key, and 60 at once.
    private let refusals = Allowance<ServerKey.Name>(every: .seconds(60), atOnce: 60)

    package init(
        store: any Store, hasher: PasswordHasher, time: any Timekeeper, sessions: SessionService,
        accounts: AccountService, calls: CallService
    ) {
        self.store = store
        self.hasher = hasher
        self.time = time
        self.sessions = sessions
        self.accounts = accounts
        self.calls = calls
    }

    // MARK: Users

    /// - Parameter password: `nil` for a user whom only the platform signs in.
    /// - Throws: ``Problem`` `user_exists`, also for the identifier of a user who was erased.
    package func create(
        _ user: UserID, displayName: String, password: String?, _ use: KeyUse
    ) async throws -> Account {
        let hash = try await hash(password)
        let account = Account(
            userId: user, displayName: displayName, passwordHash: hash ?? Account.noPassword, busy: .wait,
            createdAt: time.now)
        try await write(use) { [outbox = sessions.outbox] store in
            guard try store.insert(account, telling: outbox) else { throw AccountService.exists(user) }
        }
        return account
    }

    /// - Throws: ``Problem`` `user_not_found`, as all of the following.
    package func user(_ user: UserID, _ use: KeyUse) async throws -> Account {
        try await write(use) { try Self.account(user, $0) }
    }

    /// Changes an account. A new password signs out all devices of the user.
    ///
    /// - Returns: The account, and the number of devices that were signed out.
    package func update(
        _ user: UserID, _ update: AccountService.Update, password: String?, _ use: KeyUse
    ) async throws -> (Account, endedSessions: Int) {
        let hash = try await hash(password)
        return try await write(use) { [voidUntil = sessions.voidUntil] store in
            var account = try Self.account(user, store)
            account.apply(update)
            account.passwordHash = hash ?? account.passwordHash
            try store.update(account)
            return (account, hash == nil ? 0 : try store.signOut(user, voidUntil: voidUntil))
        }
    }

    package func erase(_ user: UserID, _ use: KeyUse) async throws {
        let check = recording(use)
        try await calls.erase(user) { store in
            _ = try Self.account(user, store)
            try check(store)
        }
    }

    /// Bans a user: signs out all devices, refuses later sign-ins, and ends the user's calls. May be repeated.
    package func ban(_ user: UserID, _ use: KeyUse) async throws -> Account {
        let account = try await write(use, .essential) { [now = time.now, voidUntil = sessions.voidUntil] store in
            var account = try Self.account(user, store)
            account.bannedAt = account.bannedAt ?? now
            try store.update(account)
            _ = try store.signOut(user, voidUntil: voidUntil)
            return account
        }
        try await calls.endAll(of: user)
        return account
    }

    /// Ends the calls of banned users that a server did not come to end. Call it at the start.
    package func resumeBans() async throws {
        let ends = try await store.read { store in
            var banned: [UserID: Bool] = [:]
            func isBanned(_ user: UserID) throws -> Bool {
                if let known = banned[user] { return known }
                let isBanned = try store.account(user)?.bannedAt != nil
                banned[user] = isBanned
                return isBanned
            }
            return try store.liveCalls().filter { try isBanned($0.caller.userId) || isBanned($0.callee) }.map(\.id)
        }
        for call in ends { _ = try await calls.endByAdministrator(call) }
    }

    package func unban(_ user: UserID, _ use: KeyUse) async throws {
        try await write(use) { store in
            var account = try Self.account(user, store)
            account.bannedAt = nil
            try store.update(account)
        }
    }

    // MARK: Sessions

    /// - Throws: ``Problem`` `user_banned`; `invalid_request` if the device belongs to another user.
    package func createSession(
        of user: UserID, deviceName: String?, device: DeviceID?, _ use: KeyUse
    ) async throws -> Session {
        let check = recording(use)
        return try await sessions.open(user, deviceName: deviceName, device: device) { store in
            _ = try Self.account(user, store)
            try check(store)
        }
    }

    /// The devices of a user, the newest sign-in first.
    package func sessions(of user: UserID, _ use: KeyUse) async throws -> [Device] {
        let records = try await write(use) { store in
            _ = try Self.account(user, store)
            return try store.devices(of: user, limit: .max)
        }
        let present = try await store.presence.presentDevices(of: user)
        return records.sorted { $0.place < $1.place }.map { sessions.device($0, isCurrent: false, present) }
    }

    /// - Returns: The number of devices that were signed out.
    package func revokeSessions(of user: UserID, _ use: KeyUse) async throws -> Int {
        try await write(use, .essential) { [voidUntil = sessions.voidUntil] store in
            _ = try Self.account(user, store)
            return try store.signOut(user, voidUntil: voidUntil)
        }
    }

    /// - Throws: ``Problem`` `not_found`.
    package func revokeSession(_ device: DeviceID, of user: UserID, _ use: KeyUse) async throws {
        try await write(use, .essential) { [voidUntil = sessions.voidUntil] store in
            _ = try Self.account(user, store)
            try store.signOut(device, of: user, voidUntil: voidUntil)
        }
    }

    // MARK: Blocks

    package func blocks(of user: UserID, _ use: KeyUse) async throws -> [Block] {
        try await write(use) { store in
            _ = try Self.account(user, store)
            return try store.blocks(of: user)
        }
    }

    /// - Throws: ``Problem`` like ``AccountService/block(_:by:)``.
    package func block(_ user: UserID, by blocker: UserID, _ use: KeyUse) async throws {
        let check = recording(use)
        try await accounts.block(user, by: blocker) { store in
            _ = try Self.account(blocker, store)
            try check(store)
        }
    }

    package func unblock(_ user: UserID, by blocker: UserID, _ use: KeyUse) async throws {
        try await write(use) { store in
            _ = try Self.account(blocker, store)
            try store.unblock(user, by: blocker)
        }
    }

    // MARK: Contacts

    package func contacts(of user: UserID, after: UserID?, limit: Int, _ use: KeyUse) async throws -> [Contact] {
        try await write(use) { store in
            _ = try Self.account(user, store)
            return try store.contacts(of: user, after: after, limit: limit)
        }
    }

    /// - Throws: ``Problem`` like ``AccountService/addContact(_:by:)``.
    package func addContact(_ contact: UserID, of user: UserID, _ use: KeyUse) async throws {
        let check = recording(use)
        try await accounts.addContact(contact, of: user) { store in
            _ = try Self.account(user, store)
            try check(store)
        }
    }

    package func removeContact(_ contact: UserID, of user: UserID, _ use: KeyUse) async throws {
        try await write(use) { store in
            _ = try Self.account(user, store)
            try store.removeContact(contact, of: user)
        }
    }

    // MARK: Calls

    package func calls(_ query: HistoryQuery, _ use: KeyUse) async throws -> [Call] {
        try await write(use) { _ = try Self.account(query.user, $0) }
        return try await calls.history(query)
    }

    /// - Throws: ``Problem`` `not_found`, as all of the following.
    package func call(_ id: CallID, _ use: KeyUse) async throws -> Call {
        try await write(use)
        return try await store.read { try Self.call(id, $0) }.call
    }

    package func timeline(of id: CallID, _ use: KeyUse) async throws -> [TimelineEntry] {
        try await write(use)
        return try await store.read { store in
            _ = try Self.call(id, store)
            return try store.timeline(of: id)
        }
    }

    /// Ends a call as `admin`. The entry of the audit log is durable before the call ends.
    package func end(_ id: CallID, _ use: KeyUse) async throws -> Answer {
        try await write(use, .essential) { _ in }
        return try await calls.endByAdministrator(id)
    }

    // MARK: Audit

    /// Records a use that concerns none of the above.
    package func note(_ use: KeyUse) async throws { try await write(use) }

    /// Records that a use of a key was refused. Not each one of many: a key that goes on being used must not fill the
    /// log.
    ///
    /// - Parameter user: The user whom it was about, who need not exist.
    package func noteRefusal(
        _ key: ServerKey, _ operation: String, about user: UserID? = nil, _ code: Problem.Code
    ) async {
        guard refusals.takes(key.name, at: time.monotonic) else { return }
        let entry = AuditEntry(
            time: time.now, key: key.name, operation: operation, user: user, refusal: code.rawValue)
        // The refusal does not depend on it.
        try? await store.write { try $0.record(entry) }
    }

    package func audit(_ query: AuditQuery, _ use: KeyUse) async throws -> [AuditEntry] {
        try await write(use)
        return try await store.read { try $0.audit(query) }
    }

    /// Performs `work` and records the use in the same transaction. If `work` throws, nothing is recorded.
    @discardableResult
    private func write<T: Sendable>(
        _ use: KeyUse, _ priority: WritePriority = .ordinary, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T {
        let check = recording(use)
        let recorded: @Sendable (any StoreWriter) throws -> T = { store in
            let value = try work(store)
            try check(store)
            return value
        }
        guard let user = use.user else { return try await store.write(priority, recorded) }
        return try await store.write(priority, of: user, recorded)
    }

    private func write(_ use: KeyUse) async throws { try await write(use) { _ in } }

    /// Checks the key again, which may have been revoked meanwhile, and records its use.
    private func recording(_ use: KeyUse) -> @Sendable (any StoreWriter) throws -> Void {
        { [now = time.now] store in
            if let hash = use.keyHash {
                guard let key = try store.serverKey(hash: hash) else { throw SessionService.unauthenticated }
                try key.check(at: now)
            }
            try store.record(
                AuditEntry(time: now, key: use.key, operation: use.operation, user: use.user, object: use.object))
        }
    }

    private func hash(_ password: String?) async throws -> String? {
        guard let password else { return nil }
        return try await hasher.hash(password)
    }

    private static func account(_ user: UserID, _ store: any AccountReader) throws -> Account {
        guard let account = try store.account(user) else { throw AccountService.notFound(user) }
        return account
    }

    private static func call(_ id: CallID, _ store: any CallReader) throws -> CallState {
        guard let call = try store.call(id) else { throw CallRefusal.notFound.problem }
        return call
    }
}

/// Which key is used, for what, and about whom.
package struct KeyUse: Sendable {
    let key: ServerKey.Name
    /// `nil` for the administrator.
    let keyHash: [UInt8]?
    let operation: String
    let user: UserID?
    let object: String?

    /// - Parameter principal: The sender of the request.
    /// - Returns: `nil` for a device.
    package init?(
        by principal: SessionService.Principal?, _ operation: String, user: UserID? = nil, object: String? = nil
    ) {
        switch principal {
        case .server(let key): (self.key, keyHash) = (key.name, key.hash)
        case .administrator: (key, keyHash) = (.administrator, nil)
        case .device, nil: return nil
        }
        self.operation = operation
        self.user = user
        self.object = object
    }
}
