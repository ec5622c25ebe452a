public import RingbackModel

extension RingbackClient {
    /// Signs in with a password. Further requests use the new session.
    ///
    /// Store ``session`` to continue with the same device after a restart of the program.
    ///
    /// - Parameters:
    ///   - userId: The identifier of the user.
    ///   - password: The password.
    ///   - deviceName: A name by which the user recognizes the device, at most 100 characters.
    ///   - deviceId: The device of an earlier session, to remain that device; its previous token becomes invalid. By
    ///     default a new device.
    ///   - previousToken: The token of that session, even if it has expired. With it, wrong passwords that others have
    ///     tried do not make this sign-in wait.
    /// - Throws: `unauthenticated`: the user does not exist, or the password is wrong.
    @discardableResult
    public func createSession(
        _ userId: UserID, password: String, deviceName: String? = nil, deviceId: DeviceID? = nil,
        previousToken: String? = nil
    ) async throws -> Session {
        // A device chosen here makes the request safe to repeat: it signs in the same device again.
        let deviceId = deviceId ?? .random()
        let request = APIRequest(.createSession) { json in
            json.field("userId", userId.rawValue)
            json.field("password", password)
            json.field("deviceId", deviceId.rawValue)
            json.optionalField("deviceName", deviceName)
            json.optionalField("previousToken", previousToken)
        }
        return try await signIn(request)
    }

    /// Exchanges a token of the platform for a session. Further requests use the new session.
    ///
    /// The user is created if it does not exist. Unlike a platform's token, a session lasts for `--token-days` and can
    /// be listed and ended by the user.
    ///
    /// - Parameters:
    ///   - platformToken: A JWT that the platform has signed, at most 8,192 bytes.
    ///   - deviceName: A name by which the user recognizes the device, at most 100 characters.
    ///   - deviceId: The device of an earlier session, to remain that device; its previous token becomes invalid. By
    ///     default the `device_id` of the token, or a new device.
    /// - Throws: `unauthenticated`: the token is not valid; `token_expired`; `user_banned`; `invalid_request`: the
    ///   server has no keys of a platform, or the token names another device.
    @discardableResult
    public func createSession(
        platformToken: String, deviceName: String? = nil, deviceId: DeviceID? = nil
    ) async throws -> Session {
        let request = APIRequest(.createSession) { json in
            json.field("platformToken", platformToken)
            json.optionalField("deviceId", deviceId?.rawValue)
            json.optionalField("deviceName", deviceName)
        }
        return try await signIn(request)
    }

    private func signIn(_ request: APIRequest) async throws -> Session {
        beginSignIn()
        defer { endSignIn() }
        let session = try await object(request, Session.init)
        use(session)
        return session
    }

    /// Signs in a user given as a string. See ``createSession(_:password:deviceName:deviceId:previousToken:)``.
    ///
    /// - Throws: ``RingbackError/invalidArgument(_:)`` if the name is not a valid identifier.
    @discardableResult
    public func signIn(_ userId: String, password: String, deviceName: String? = nil) async throws -> Session {
        try await createSession(Self.user(userId), password: password, deviceName: deviceName)
    }

    /// Ends the session of this device, on the server and in this client. Does nothing if it has ended already.
    public func signOut() async throws {
        guard let session else { return }
        do {
            try await deleteSession(session.deviceId)
        } catch let error as RingbackError where error.status == 401 || error.status == 404 {
            // An earlier request has succeeded without a response, or the session was ended elsewhere.
        }
        use(nil)
    }

    /// Lists the user's signed-in devices, the newest sign-in first.
    public func listSessions() async throws -> [Device] { try await all(.listSessions, Device.init) }

    /// One of the user's signed-in devices.
    ///
    /// - Throws: `not_found`.
    public func getSession(_ deviceId: DeviceID) async throws -> Device {
        try await object(APIRequest(.getSession, deviceId.rawValue), Device.init)
    }

    /// Sets whether calls do not ring on this device or on another device of the user, until it signs in again.
    ///
    /// - Throws: `not_found`.
    @discardableResult
    public func updateSession(
        _ deviceId: DeviceID, muted: Bool, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Device {
        let request = APIRequest(.updateSession, deviceId.rawValue) { $0.field("muted", muted) }
        return try await object(request.with(idempotencyKey), Device.init)
    }

    /// Ends the session of this device or of another device of the user.
    ///
    /// - Throws: `not_found`.
    public func deleteSession(_ deviceId: DeviceID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(APIRequest(.deleteSession, deviceId.rawValue).with(idempotencyKey))
    }

    /// Signs out all devices of the user, including this one.
    ///
    /// - Returns: The number of devices that were signed out.
    @discardableResult
    public func deleteSessions() async throws -> Int {
        let count = try await object(APIRequest(.deleteSessions)) { json throws(UnexpectedJSON) in
            try json.integer("endedSessions")
        }
        use(nil)
        return count
    }

    /// Creates a ticket for a browser's stream or socket, because a token must not be part of a URL.
    public func createTicket() async throws -> Ticket {
        try await object(APIRequest(.createTicket)) { json throws(UnexpectedJSON) in
            Ticket(
                ticket: try json.string("ticket"),
                expiresIn: .seconds(Int64(clamping: try json.integer("expiresInSeconds"))))
        }
    }

    static func user(_ name: String) throws(RingbackError) -> UserID {
        guard let userId = UserID(name) else {
            throw .invalidArgument(
                "a user identifier has 1 to 64 letters, digits and . _ ~ @ -; invalid: \(name.prefix(80))")
        }
        return userId
    }
}
