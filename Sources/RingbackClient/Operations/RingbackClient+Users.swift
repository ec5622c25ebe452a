public import RingbackModel

// In addition to the listed codes, every method may throw `RingbackError` for a failed transfer or an unexpected
// response, and `CancellationError`.

extension RingbackClient {
    /// Registers a user. Does not sign in, and requires no session.
    ///
    /// - Parameters:
    ///   - userId: The identifier for signing in and being called. It cannot be changed and is never given to another
    ///     user.
    ///   - password: 8 to 200 characters.
    ///   - displayName: The name to display, at most 100 characters; by default the `userId`.
    /// - Throws: `user_exists`: the identifier is, or once was, in use.
    @discardableResult
    public func registerUser(_ userId: UserID, password: String, displayName: String? = nil) async throws -> User {
        let request = APIRequest(.registerUser) { json in
            json.field("userId", userId.rawValue)
            json.field("password", password)
            json.optionalField("displayName", displayName)
        }
        return try await object(request, User.init)
    }

    /// A page of the directory, ordered by `userId`.
    ///
    /// - Parameters:
    ///   - prefix: Only users whose `userId` has this prefix.
    ///   - after: The ``Page/next`` of the previous page.
    ///   - limit: The maximum number of users, 1 to 100; 50 by default.
    public func listUsers(prefix: String? = nil, after: String? = nil, limit: Int? = nil) async throws -> Page<User> {
        try await page(
            APIRequest(.listUsers).with("prefix", prefix).with("after", after)
                .with("limit", limit.map(String.init)),
            User.init)
    }

    /// The profile of a user.
    ///
    /// - Throws: `user_not_found`.
    public func getUser(_ userId: UserID) async throws -> User {
        try await object(APIRequest(.getUser, userId.rawValue), User.init)
    }

    /// The profile of the signed-in user, including ``RingbackModel/User/busy``.
    public func getMe() async throws -> User { try await object(APIRequest(.getMe), User.init) }

    /// Changes the given settings and keeps the others. An empty ``RingbackModel/DoNotDisturb`` lets calls ring again.
    public func updateMe(
        displayName: String? = nil, busy: BusyPolicy? = nil, callsFrom: CallsFrom? = nil,
        doNotDisturb: DoNotDisturb? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> User {
        let request = APIRequest(.updateMe) { json in
            json.optionalField("displayName", displayName)
            json.optionalField("busy", busy?.rawValue)
            json.optionalField("callsFrom", callsFrom?.rawValue)
            json.optionalField("doNotDisturb", doNotDisturb)
        }
        return try await object(request.with(idempotencyKey), User.init)
    }

    /// Changes the password of the signed-in user, and signs out the user's other devices.
    ///
    /// - Returns: How many devices were signed out; 0 if `new` already was the password.
    /// - Throws: `wrong_password`: `old` is not the user's password; `rate_limited` after ten wrong passwords in a
    ///   minute.
    @discardableResult
    public func changePassword(from old: String, to new: String) async throws -> Int {
        // Sent without a key, which would be stored with a secret. Repeating the request changes nothing.
        let request = APIRequest(.updateMe) { json in
            json.field("oldPassword", old)
            json.field("password", new)
        }
        return try await object(request) { json throws(UnexpectedJSON) in try json.integer("endedSessions") }
    }

    /// Erases the account of the signed-in user. Its `userId` can never be registered again.
    public func deleteMe() async throws {
        _ = try await send(APIRequest(.deleteMe))
        use(nil)
    }

    /// The users that the signed-in user has blocked.
    public func listBlocks() async throws -> [Block] { try await all(.listBlocks, Block.init) }

    /// Blocks a user: the user's calls no longer ring. The user is not notified.
    ///
    /// - Throws: `user_not_found`; `forbidden` for the signed-in user.
    public func blockUser(_ userId: UserID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(APIRequest(.blockUser, userId.rawValue).with(idempotencyKey))
    }

    /// Removes a block. Does nothing if there is none.
    public func unblockUser(_ userId: UserID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(APIRequest(.unblockUser, userId.rawValue).with(idempotencyKey))
    }

    /// The contacts of the signed-in user: those who may call while ``RingbackModel/User/callsFrom`` is `contacts`, or
    /// the server is configured so.
    public func listContacts() async throws -> [Contact] { try await all(.listContacts, Contact.init) }

    /// Adds a contact. A block comes first.
    ///
    /// - Throws: `user_not_found`; `forbidden` for the signed-in user.
    public func addContact(_ userId: UserID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(APIRequest(.addContact, userId.rawValue).with(idempotencyKey))
    }

    /// Removes a contact. Does nothing if the user is none.
    public func removeContact(_ userId: UserID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(APIRequest(.removeContact, userId.rawValue).with(idempotencyKey))
    }

    /// The presence of a user.
    ///
    /// - Throws: `user_not_found`.
    public func getPresence(_ userId: UserID) async throws -> Presence {
        try await object(APIRequest(.getPresence, userId.rawValue), Presence.init)
    }

    /// The presence of the users that this device watches.
    public func getWatching() async throws -> [Presence] {
        try await page(APIRequest(.getWatching), Presence.init).items
    }

    /// Replaces the list of users whose ``Event/Kind/presence(_:)`` events this device receives, at most
    /// ``RingbackModel/Limits/watchedUsers``.
    ///
    /// - Returns: Their current presence. Users that don't exist are left out.
    @discardableResult
    public func setWatching(_ users: [UserID], idempotencyKey: IdempotencyKey? = nil) async throws -> [Presence] {
        let request = APIRequest(.setWatching) { json in
            json.name("userIds")
            json.array(users) { $0.string($1.rawValue) }
        }
        return try await page(request.with(idempotencyKey), Presence.init).items
    }
}
