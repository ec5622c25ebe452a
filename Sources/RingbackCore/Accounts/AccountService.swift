package import RingbackModel

/// Users and their settings.
package final class AccountService: Sendable {
    private let store: any Store
    private let hasher: PasswordHasher
    private let time: any Timekeeper

    package init(store: any Store, hasher: PasswordHasher, time: any Timekeeper) {
        self.store = store
        self.hasher = hasher
        self.time = time
    }

    /// Registers a user.
    ///
    /// - Throws: ``Problem`` `user_exists`, also for the name of a user who was erased.
    package func register(_ user: UserID, displayName: String, password: String) async throws -> User {
        // The cheap question first: a hash for a name that is taken would be wasted.
        guard try await store.read({ try $0.account(user) }) == nil else { throw Self.exists(user) }
        let hash = try await hasher.hash(password)
        let account = Account(
            userId: user, displayName: displayName, passwordHash: hash, busy: .wait, createdAt: time.now)
        guard try await store.write({ try $0.insert(account) }) else { throw Self.exists(user) }
        return account.user
    }

    /// - Throws: ``Problem`` `user_not_found`.
    package func user(_ user: UserID) async throws -> User { try await account(user).user }

    /// The user's own view of the profile.
    package func ownUser(_ user: UserID) async throws -> User { try await account(user).ownUser }

    package func users(prefix: String, after: UserID?, limit: Int) async throws -> [User] {
        try await store.read { try $0.accounts(prefix: prefix, after: after, limit: limit) }.map(\.user)
    }

    /// What `PATCH /v1/users/me` may change. What is `nil` stays.
    package struct Update: Sendable {
        package var displayName: String?
        package var busy: BusyPolicy?
        package var password: String?

        package init(displayName: String?, busy: BusyPolicy?, password: String?) {
            self.displayName = displayName
            self.busy = busy
            self.password = password
        }
    }

    package func update(_ user: UserID, _ update: Update) async throws -> User {
        var hash: String?
        if let password = update.password { hash = try await hasher.hash(password) }
        return try await store.write { [hash] store in
            guard var account = try store.account(user) else { throw Self.notFound(user) }
            account.displayName = update.displayName ?? account.displayName
            account.busy = update.busy ?? account.busy
            account.passwordHash = hash ?? account.passwordHash
            try store.update(account)
            return account.ownUser
        }
    }

    package func blocks(of user: UserID) async throws -> [Block] { try await store.read { try $0.blocks(of: user) } }

    /// - Throws: ``Problem`` `user_not_found`; `forbidden` for oneself.
    package func block(_ user: UserID, by blocker: UserID) async throws {
        guard user != blocker else { throw Problem(.forbidden, "Nobody can block themselves.") }
        let now = time.now
        try await store.write { store in
            guard try store.account(user) != nil else { throw Self.notFound(user) }
            guard try store.account(blocker) != nil else { throw SessionService.unauthenticated }
            try store.block(user, by: blocker, at: now)
        }
    }

    /// Does nothing where there is no block.
    package func unblock(_ user: UserID, by blocker: UserID) async throws {
        try await store.write { try $0.unblock(user, by: blocker) }
    }

    private func account(_ user: UserID) async throws -> Account {
        guard let account = try await store.read({ try $0.account(user) }) else { throw Self.notFound(user) }
        return account
    }

    private static func exists(_ user: UserID) -> Problem {
        Problem(.userExists, "The name \(user) is taken, or was once.")
    }

    static func notFound(_ user: UserID) -> Problem { Problem(.userNotFound, "There is no user \(user).") }
}
