public import RingbackModel

// What every method may throw, beside the codes named at each: `RingbackError` with a transport's failure or an answer that
// does not fit, and `CancellationError`.

extension RingbackClient {
    /// Makes an account. Doesn't sign in, and needs no sign-in.
    ///
    /// - Parameters:
    ///   - userId: The name to sign in and to be called by. It can't be changed, and is never given to another.
    ///   - password: To sign in with.
    ///   - displayName: At most 100 characters; without one the user is shown by the `userId`.
    /// - Throws: `user_exists`: the name is taken, or was at some time.
    @discardableResult
    public func registerUser(_ userId: UserID, password: String, displayName: String? = nil) async throws -> User {
        let request = OperationRequest(.registerUser) { json in
            json.field("userId", userId.rawValue)
            json.field("password", password)
            json.optionalField("displayName", displayName)
        }
        return try await object(request, User.init)
    }

    /// A page of the directory, ordered by `userId`.
    ///
    /// - Parameters:
    ///   - prefix: Only users whose `userId` begins so.
    ///   - after: The ``Page/next`` of the page before.
    ///   - limit: 1 to 100; 50 by default.
    public func listUsers(prefix: String? = nil, after: String? = nil, limit: Int? = nil) async throws -> Page<User> {
        try await page(
            OperationRequest(.listUsers).with("prefix", prefix).with("after", after)
                .with("limit", limit.map(String.init)),
            User.init)
    }

    /// A user.
    ///
    /// - Throws: `user_not_found`.
    public func getUser(_ userId: UserID) async throws -> User {
        try await object(OperationRequest(.getUser, userId.rawValue), User.init)
    }

    /// One's own account, with ``RingbackModel/User/busy``.
    public func getMe() async throws -> User { try await object(OperationRequest(.getMe), User.init) }

    /// Changes what is given and leaves the rest.
    public func updateMe(
        displayName: String? = nil, busy: BusyPolicy? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> User {
        let request = OperationRequest(.updateMe) { json in
            json.optionalField("displayName", displayName)
            json.optionalField("busy", busy?.rawValue)
        }
        return try await object(request.with(idempotencyKey), User.init)
    }

    /// Changes one's own password, and signs out all other devices.
    ///
    /// - Returns: How many devices were signed out; 0 where the new password was one's own already.
    /// - Throws: `wrong_password`: `old` is not one's password; `rate_limited` after ten wrong passwords in a minute.
    @discardableResult
    public func changePassword(from old: String, to new: String) async throws -> Int {
        // Without a key, which may not be kept beside a secret. Repeating it changes nothing.
        let request = OperationRequest(.updateMe) { json in
            json.field("oldPassword", old)
            json.field("password", new)
        }
        return try await object(request) { json throws(UnexpectedJSON) in try json.integer("endedSessions") }
    }

    /// Erases one's own account. Nobody can register its `userId` again.
    public func deleteMe() async throws {
        _ = try await send(OperationRequest(.deleteMe))
        use(nil)
    }

    /// Whom one has blocked.
    public func listBlocks() async throws -> [Block] {
        try await page(OperationRequest(.listBlocks), Block.init).items
    }

    /// Blocks a user: their calls don't ring here. They are not notified.
    ///
    /// - Throws: `user_not_found`; `forbidden` for oneself.
    public func blockUser(_ userId: UserID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(OperationRequest(.blockUser, userId.rawValue).with(idempotencyKey))
    }

    /// Removes a block, if there is one.
    public func unblockUser(_ userId: UserID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(OperationRequest(.unblockUser, userId.rawValue).with(idempotencyKey))
    }

    /// Whether a user can be reached.
    ///
    /// - Throws: `user_not_found`.
    public func getPresence(_ userId: UserID) async throws -> Presence {
        try await object(OperationRequest(.getPresence, userId.rawValue), Presence.init)
    }

    /// The presence of the users that this device watches.
    public func getWatching() async throws -> [Presence] {
        try await page(OperationRequest(.getWatching), Presence.init).items
    }

    /// Replaces the list of users whose ``Event/Kind/presence(_:)`` this device receives, at most
    /// ``RingbackModel/Limits/watchedUsers``.
    ///
    /// - Returns: Their presence now. Users that don't exist are left out.
    @discardableResult
    public func setWatching(_ users: [UserID], idempotencyKey: IdempotencyKey? = nil) async throws -> [Presence] {
        let request = OperationRequest(.setWatching) { json in
            json.name("userIds")
            json.array(users) { $0.string($1.rawValue) }
        }
        return try await page(request.with(idempotencyKey), Presence.init).items
    }
}
