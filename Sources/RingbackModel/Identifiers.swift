/// The identifier of a user: 1 to 64 characters of `[A-Za-z0-9._~@-]`, chosen at registration and never reused.
public struct UserID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    /// - Returns: `nil` when `rawValue` is not 1 to 64 characters of `[A-Za-z0-9._~@-]`.
    public init?(_ rawValue: String) {
        guard (1...64).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.rawValue = rawValue
    }

    /// Whether a user identifier can begin with `prefix`. True for the empty prefix.
    public static func isPrefix(_ prefix: String) -> Bool {
        prefix.isEmpty || UserID(prefix) != nil
    }

    /// Whether the identifier has another meaning in a path, so that no user may have it.
    package var isReserved: Bool { ["me", ".", ".."].contains(rawValue) }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = UserID(text) else { throw InvalidIdentifier(text: text) }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    public var description: String { rawValue }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
            UInt8(ascii: "@"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// The identifier of a device, which is a signed-in browser tab, app or script: 8 to 64 characters of `[A-Za-z0-9_-]`.
///
/// One that the server has created has 128 random bits.
public struct DeviceID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    /// - Returns: `nil` when `rawValue` is not 8 to 64 characters of `[A-Za-z0-9_-]`.
    public init?(_ rawValue: String) {
        guard OpaqueText.isValid(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = DeviceID(text) else { throw InvalidIdentifier(text: text) }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    public var description: String { rawValue }

    /// A new identifier of 128 random bits.
    public static func random() -> DeviceID { DeviceID(unchecked: OpaqueText.random(bytes: 16)) }

    private init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// The identifier of a call: 8 to 64 characters of `[A-Za-z0-9_-]`.
///
/// One that the server has created begins with the time, so that new calls are adjacent in an index, and has 90 random
/// bits.
public struct CallID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    /// - Returns: `nil` when `rawValue` is not 8 to 64 characters of `[A-Za-z0-9_-]`.
    public init?(_ rawValue: String) {
        guard OpaqueText.isValid(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = CallID(text) else { throw InvalidIdentifier(text: text) }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    public var description: String { rawValue }

    /// Creates an identifier that sorts after those of earlier milliseconds.
    package static func random(at moment: Timestamp) -> CallID {
        CallID(unchecked: OpaqueText.random(at: moment))
    }

    private init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// Thrown when decoding a text that is not a valid identifier.
public struct InvalidIdentifier: Error, Hashable, Sendable {
    /// The text that was given.
    public let text: String
}

/// A device of a user, as the sender of something or as its recipient.
public struct Participant: Hashable, Sendable, Codable {
    /// The user.
    public let userId: UserID
    /// The device.
    public let deviceId: DeviceID

    /// Creates a participant.
    public init(userId: UserID, deviceId: DeviceID) {
        self.userId = userId
        self.deviceId = deviceId
    }
}
