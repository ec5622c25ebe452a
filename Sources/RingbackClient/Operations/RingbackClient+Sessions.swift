public import RingbackModel

extension RingbackClient {
    /// Signs in. Requests from here on are this device's.
    ///
    /// The new token is used from here on, and is in ``session``; keep that to go on after a restart of the program.
    ///
    /// - Parameters:
    ///   - userId: The name that was registered.
    ///   - password: As it was registered.
    ///   - deviceName: What the user will recognise the device by, at most 100 characters.
    ///   - deviceId: Of an earlier sign-in, to be the same device. Its old token ends. Without one it is a new device.
    /// - Throws: `unauthenticated`: there is no such user, or this is not the password.
    @discardableResult
    public func createSession(
        _ userId: UserID, password: String, deviceName: String? = nil, deviceId: DeviceID? = nil
    ) async throws -> Session {
        // A name of our own makes it safe to ask again: it is the same device then.
        let deviceId = deviceId ?? .random()
        let request = OperationRequest(.createSession) { json in
            json.field("userId", userId.rawValue)
            json.field("password", password)
            json.field("deviceId", deviceId.rawValue)
            json.optionalField("deviceName", deviceName)
        }
        let session = try await object(request, Session.init)
        use(session)
        return session
    }

    /// ``createSession(_:password:deviceName:deviceId:)`` for a literal name.
    ///
    /// - Throws: ``RingbackError/invalidArgument(_:)`` for what can't be a name.
    @discardableResult
    public func signIn(_ userId: String, password: String, deviceName: String? = nil) async throws -> Session {
        try await createSession(Self.user(userId), password: password, deviceName: deviceName)
    }

    /// Ends this device's token, on the server and here. Having been signed out already is no error.
    public func signOut() async throws {
        guard let session else { return }
        do {
            try await deleteSession(session.deviceId)
        } catch let error as RingbackError where error.status == 401 || error.status == 404 {
            // The answer to an earlier try was lost, or the session was ended elsewhere.
        }
        use(nil)
    }

    /// One's own devices that are signed in.
    public func listSessions() async throws -> [Device] {
        try await page(OperationRequest(.listSessions), Device.init).items
    }

    /// One of one's own devices.
    ///
    /// - Throws: `not_found`.
    public func getSession(_ deviceId: DeviceID) async throws -> Device {
        try await object(OperationRequest(.getSession, deviceId.rawValue), Device.init)
    }

    /// Ends the token of this device or of another one of the same user.
    ///
    /// - Throws: `not_found`.
    public func deleteSession(_ deviceId: DeviceID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(OperationRequest(.deleteSession, deviceId.rawValue).with(idempotencyKey))
    }

    /// A ticket for a browser's stream or socket, since a token must not stand in a URL.
    public func createTicket() async throws -> Ticket {
        try await object(OperationRequest(.createTicket)) { json throws(UnexpectedJSON) in
            Ticket(
                ticket: try json.string("ticket"),
                expiresIn: .seconds(Int64(clamping: try json.integer("expiresInSeconds"))))
        }
    }

    static func user(_ name: String) throws(RingbackError) -> UserID {
        guard let userId = UserID(name) else {
            throw .invalidArgument(
                "a user's name has 1 to 64 letters, digits and any of . _ ~ @ -, not: \(name.prefix(80))")
        }
        return userId
    }
}
