/// What the server does with an incoming call while the user is in another call.
public enum BusyPolicy: String, Sendable, Codable, CaseIterable {
    /// The call rings (call waiting).
    case wait
    /// The call ends with the reason `busy`.
    case reject
}

/// From whom a user receives calls.
public enum CallsFrom: String, Sendable, Codable, CaseIterable {
    /// From every user.
    case everyone
    /// From the users in the user's list of contacts.
    case contacts
}

/// A user as others see them.
public struct User: Hashable, Sendable, Codable {
    /// The identifier for signing in and for being called.
    public var userId: UserID
    /// The name to display; the `userId` if none was given.
    public var displayName: String
    /// When the user was registered.
    public var createdAt: Timestamp
    /// What happens to calls while the user is in another. Present only in the user's own profile.
    public var busy: BusyPolicy?
    /// From whom the user receives calls, if not from everyone. Present only in the user's own profile.
    public var callsFrom: CallsFrom?
    /// When calls do not ring. Present only in the user's own profile, if it is set.
    public var doNotDisturb: DoNotDisturb?

    /// Creates a user.
    public init(
        userId: UserID, displayName: String, createdAt: Timestamp, busy: BusyPolicy? = nil,
        callsFrom: CallsFrom? = nil, doNotDisturb: DoNotDisturb? = nil
    ) {
        self.userId = userId
        self.displayName = displayName
        self.createdAt = createdAt
        self.busy = busy
        self.callsFrom = callsFrom
        self.doNotDisturb = doNotDisturb
    }
}

/// The result of signing in: a bearer token (RFC 6750) for one device.
public struct Session: Hashable, Sendable, Codable {
    /// 256 random bits in base64url. The server stores only a hash.
    public var token: String
    /// The user who signed in.
    public var userId: UserID
    /// The device that the token is bound to.
    public var deviceId: DeviceID
    /// A name by which the user recognizes the device; 1 to 100 characters.
    public var deviceName: String?
    /// When the device last signed in.
    public var createdAt: Timestamp
    /// When the token expires.
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

/// A signed-in device, as listed for its own user.
public struct Device: Hashable, Sendable, Codable {
    /// The identifier that calls and events use for the device.
    public var deviceId: DeviceID
    /// A name by which the user recognizes the device; 1 to 100 characters.
    public var deviceName: String?
    /// When the device last signed in.
    public var createdAt: Timestamp
    /// When the token of the device expires.
    public var expiresAt: Timestamp
    /// When the device last sent a request or had a connection open.
    public var lastSeenAt: Timestamp?
    /// Whether this is the device that sent the request.
    public var current: Bool
    /// Whether calls do not ring on the device.
    public var muted: Bool

    package init(
        deviceId: DeviceID, deviceName: String?, createdAt: Timestamp, expiresAt: Timestamp, lastSeenAt: Timestamp?,
        current: Bool, muted: Bool
    ) {
        self.deviceId = deviceId
        self.deviceName = deviceName
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastSeenAt = lastSeenAt
        self.current = current
        self.muted = muted
    }
}

/// Whether a user can be reached.
public struct Presence: Hashable, Sendable, Codable {
    /// The reachability of a user.
    public enum Status: String, Sendable, Codable {
        /// A socket or a stream is open, or a poll came within the last 40 s.
        case online
        /// Online, and in a call or calling somebody.
        case busy
        /// No socket or stream is open, and the last poll is older than 40 s.
        case offline
    }

    /// The user.
    public var userId: UserID
    /// The current status.
    public var status: Status
    /// When the user was last online; absent while the user is online.
    public var lastSeenAt: Timestamp?

    /// Creates a presence.
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
        json.optionalField("callsFrom", callsFrom?.rawValue)
        json.optionalField("doNotDisturb", doNotDisturb)
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
            json.field("muted", muted)
        }
    }
}

extension Presence: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    /// Writes the members without the surrounding braces.
    package func writeMembers(to json: inout JSONWriter) {
        json.field("userId", userId.rawValue)
        json.field("status", status.rawValue)
        json.optionalField("lastSeenAt", lastSeenAt)
    }
}
