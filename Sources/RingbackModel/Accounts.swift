/// What happens to an incoming call while the user is in another.
public enum BusyPolicy: String, Sendable, Codable, CaseIterable {
    /// It rings: call waiting.
    case wait
    /// It ends as `busy`.
    case reject
}

/// A user as others see them.
public struct User: Hashable, Sendable, Codable {
    /// The name that the user signs in with and is called by.
    public var userId: UserID
    /// What people read; the `userId` if none was given.
    public var displayName: String
    /// When the user was registered.
    public var createdAt: Timestamp
    /// For the user's own eyes only.
    public var busy: BusyPolicy?

    /// A user with all that others see, and `busy` for the user alone.
    public init(userId: UserID, displayName: String, createdAt: Timestamp, busy: BusyPolicy? = nil) {
        self.userId = userId
        self.displayName = displayName
        self.createdAt = createdAt
        self.busy = busy
    }
}

/// What a sign-in gives: a bearer token (RFC 6750) bound to a device.
public struct Session: Hashable, Sendable, Codable {
    /// 256 random bits in base64url. The server keeps a hash of it.
    public var token: String
    /// Who has signed in.
    public var userId: UserID
    /// The device that the token is bound to.
    public var deviceId: DeviceID
    /// What the user will recognise the device by.
    public var deviceName: String?
    /// When the device signed in last.
    public var createdAt: Timestamp
    /// When the token ends.
    public var expiresAt: Timestamp

    package init(
        token: String, userId: UserID, deviceId: DeviceID, deviceName: String?, createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.token = token
        self.userId = userId
        self.deviceId = deviceId
        self.deviceName = deviceName
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// A signed-in device as its user sees it.
public struct Device: Hashable, Sendable, Codable {
    /// As it is named in calls and events.
    public var deviceId: DeviceID
    /// What the user recognises it by.
    public var deviceName: String?
    /// When it signed in last.
    public var createdAt: Timestamp
    /// When its token ends.
    public var expiresAt: Timestamp
    /// When it last asked for something or had a connection open.
    public var lastSeenAt: Timestamp?
    /// Whether this is the device that asks.
    public var current: Bool

    package init(
        deviceId: DeviceID, deviceName: String?, createdAt: Timestamp, expiresAt: Timestamp, lastSeenAt: Timestamp?,
        current: Bool
    ) {
        self.deviceId = deviceId
        self.deviceName = deviceName
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastSeenAt = lastSeenAt
        self.current = current
    }
}

/// Whether a user can be reached.
public struct Presence: Hashable, Sendable, Codable {
    /// What a caller may expect.
    public enum Status: String, Sendable, Codable {
        /// A socket or a stream is open, or a poll came within the last 40 s.
        case online
        /// Online, and in a call or calling.
        case busy
        /// None of the two.
        case offline
    }

    /// Whose presence it is.
    public var userId: UserID
    /// How it is at the moment.
    public var status: Status
    /// When the user was online last; absent for one who is.
    public var lastSeenAt: Timestamp?

    /// A user and how to reach them.
    public init(userId: UserID, status: Status, lastSeenAt: Timestamp? = nil) {
        self.userId = userId
        self.status = status
        self.lastSeenAt = lastSeenAt
    }
}

extension User: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    /// The members without the braces.
    package func writeMembers(to json: inout JSONWriter) {
        json.field("userId", userId.rawValue)
        json.field("displayName", displayName)
        json.field("createdAt", createdAt)
        json.optionalField("busy", busy?.rawValue)
    }
}

extension Session: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("token", token)
            json.field("userId", userId.rawValue)
            json.field("deviceId", deviceId.rawValue)
            json.optionalField("deviceName", deviceName)
            json.field("createdAt", createdAt)
            json.field("expiresAt", expiresAt)
        }
    }
}

extension Device: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("deviceId", deviceId.rawValue)
            json.optionalField("deviceName", deviceName)
            json.field("createdAt", createdAt)
            json.field("expiresAt", expiresAt)
            json.optionalField("lastSeenAt", lastSeenAt)
            json.field("current", current)
        }
    }
}

extension Presence: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    /// The members without the braces.
    package func writeMembers(to json: inout JSONWriter) {
        json.field("userId", userId.rawValue)
        json.field("status", status.rawValue)
        json.optionalField("lastSeenAt", lastSeenAt)
    }
}
