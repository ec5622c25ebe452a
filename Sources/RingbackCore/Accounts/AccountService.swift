package import RingbackModel

/// User accounts and their settings.
package final class AccountService: Sendable {
    let store: any Store
    private let hasher: PasswordHasher
    let time: any Timekeeper
    private let sessions: SessionService

    package init(store: any Store, hasher: PasswordHasher, time: any Timekeeper, sessions: SessionService) {
        self.store = store
        self.hasher = hasher
        self.time = time
        self.sessions = sessions
    }

    /// Registers a user.
    ///
    /// - Throws: ``Problem`` `user_exists`, also for the name of a user who was erased.
    package func register(
        _ user: UserID, displayName: String, password: String, from address: String? = nil
    ) async throws -> User {
        // Checked before hashing the password, which is expensive.
        guard try await store.read({ try $0.account(user) }) == nil else { throw Self.exists(user) }
        let hash = try await hasher.hash(password, for: PasswordClient(address: address))
        let account = Account(
            userId: user, displayName: displayName, passwordHash: hash, busy: .wait, createdAt: time.now)
        let isNew = try await store.write { [sessions] in try $0.insert(account, telling: sessions.outbox) }
        guard isNew else { throw Self.exists(user) }
        return account.user
    }

    /// - Throws: ``Problem`` `user_not_found`.
    package func user(_ user: UserID) async throws -> User { try await account(user).user }

    /// The profile, including the members that only the user may see.
    package func ownUser(_ user: UserID) async throws -> User { try await account(user).ownUser }

    package func users(prefix: String, after: UserID?, limit: Int) async throws -> [User] {
        try await store.read { try $0.accounts(prefix: prefix, after: after, limit: limit) }.map(\.user)
    }

    /// The changes of `PATCH /v1/users/me`. A `nil` leaves the value unchanged.
    package struct Update: Sendable {
        package var displayName: String?
        package var busy: BusyPolicy?
        package var callsFrom: CallsFrom?
        package var doNotDisturb: DoNotDisturb?
        package var password: NewPassword?

        package init(
            displayName: String? = nil, busy: BusyPolicy? = nil, callsFrom: CallsFrom? = nil,
            doNotDisturb: DoNotDisturb? = nil, password: NewPassword? = nil
        ) {
            self.callsFrom = callsFrom
            self.doNotDisturb = doNotDisturb
            self.displayName = displayName
            self.busy = busy
            self.password = password
        }
    }

    /// A new password and the old one.
    package struct NewPassword: Sendable {
        package var old: String
        package var new: String

        package init(_ new: String, insteadOf old: String) {
            self.new = new
            self.old = old
        }
    }

    /// Changes a user's account. A new password signs out the user's other devices.
    ///
    /// Repeating a change of the password changes nothing: `password` already is the user's.
    ///
    /// - Returns: The user's own view of the profile, and the number of devices that were signed out.
    /// - Throws: ``Problem`` `wrong_password`, or `rate_limited` as for sign-ins, if the old password is wrong;
    ///   `unauthenticated` if the sign-in has ended.
    package func update(by signIn: SignIn, _ update: Update) async throws -> (User, endedSessions: Int) {
        let user = signIn.participant.userId
        var change: (verified: String, new: String)?
        if let password = update.password {
            // With a limit: who has stolen a token must not guess more often. Who guesses without one does not use it
            // up.
            let passwords = [password.old, password.new]
            let client = SignInClient.device(signIn.participant.deviceId)
            guard let (account, index) = try await sessions.account(of: user, with: passwords, by: client) else {
                throw Self.wrongPassword
            }
            if index == 0 {
                let client = PasswordClient(knownUser: KnownUser(userId: user, isProven: true))
                change = (account.passwordHash, try await hasher.hash(password.new, for: client))
            }
        }
        let (account, ended) = try await store.write(of: user) { [change, voidUntil = sessions.voidUntil] store in
            try store.check(signIn)
            guard var account = try store.account(user) else { throw SessionService.unauthenticated }
            // The password may have been changed concurrently.
            guard change == nil || change?.verified == account.passwordHash else { throw Self.wrongPassword }
            account.apply(update)
            account.passwordHash = change?.new ?? account.passwordHash
            try store.update(account)
            guard change != nil else { return (account, 0) }
            return (account, try store.signOut(user, except: signIn.participant.deviceId, voidUntil: voidUntil))
        }
        return (account.ownUser, ended)
    }

    /// Returns the users whom a user has blocked, ordered by identifier, after `after`.
    package func blocks(of user: UserID, after: UserID? = nil, limit: Int = .max) async throws -> [Block] {
        let blocks = try await store.read { try $0.blocks(of: user) }
        return Array(blocks.filter { block in after.map { $0.rawValue < block.userId.rawValue } ?? true }.prefix(limit))
    }

    /// - Throws: ``Problem`` `user_not_found`; `forbidden` if a user blocks themselves; `invalid_request` beyond
    ///   ``Limits/blockedUsers``.
    package func block(_ user: UserID, by signIn: SignIn) async throws {
        try await block(user, by: signIn.participant.userId) { try $0.check(signIn) }
    }

    /// - Parameter check: Performed first, in the same transaction.
    func block(
        _ user: UserID, by blocker: UserID, check: @escaping @Sendable (any StoreWriter) throws -> Void
    ) async throws {
        guard user != blocker else { throw Problem(.forbidden, "A user cannot block themselves.") }
        let known = try await store.presence.presence(of: [blocker])[0]
        let now = time.now
        try await store.write(of: blocker) { store in
            try check(store)
            guard try store.account(user) != nil else { throw Self.notFound(user) }
            let blocks = try store.blocks(of: blocker)
            guard blocks.count < Limits.blockedUsers || blocks.contains(where: { $0.userId == user }) else {
                throw Problem(.invalidRequest, "A user can block \(Limits.blockedUsers) others.")
            }
            let lastSeenAt = try known.isPresent ? now : known.lastSeenAt ?? store.account(blocker)?.lastSeenAt
            try store.block(user, by: blocker, at: now, showing: Concealment(lastSeenAt: lastSeenAt))
        }
    }

    /// Removes a block, if there is one.
    package func unblock(_ user: UserID, by signIn: SignIn) async throws {
        try await store.write(of: signIn.participant.userId) { store in
            try store.check(signIn)
            try store.unblock(user, by: signIn.participant.userId)
        }
    }

    private func account(_ user: UserID) async throws -> Account {
        guard let account = try await store.read({ try $0.account(user) }) else { throw Self.notFound(user) }
        return account
    }

    static func exists(_ user: UserID) -> Problem {
        Problem(.userExists, "The identifier \(user) is, or once was, in use.")
    }

    private static var wrongPassword: Problem {
        Problem(.wrongPassword, "The old password is wrong. Nothing was changed.")
    }

    static func notFound(_ user: UserID) -> Problem { Problem(.userNotFound, "The user \(user) does not exist.") }
}

extension Account {
    /// Sets what is given, except for the password.
    mutating func apply(_ update: AccountService.Update) {
        displayName = update.displayName ?? displayName
        busy = update.busy ?? busy
        callsFrom = update.callsFrom ?? callsFrom
        doNotDisturb = update.doNotDisturb ?? doNotDisturb
    }
}
