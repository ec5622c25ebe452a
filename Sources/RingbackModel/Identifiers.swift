/// The name of a user: 1 to 64 characters of `[A-Za-z0-9._~@-]`, chosen at registration and never reused.
public struct UserID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    /// - Returns: `nil` when `rawValue` is not 1 to 64 characters of `[A-Za-z0-9._~@-]`.
    public init?(_ rawValue: String) {
        guard (1...64).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.rawValue = rawValue
    }

    /// Whether `prefix` could begin a user's name. The empty prefix can.
    public static func isPrefix(_ prefix: String) -> Bool {
        prefix.isEmpty || UserID(prefix) != nil
    }

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

/// A signed-in browser tab, app or script of a user: 8 to 64 characters of `[A-Za-z0-9_-]`.
///
/// Given by the server it holds 128 random bits.
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

/// A call: 8 to 64 characters of `[A-Za-z0-9_-]`.
///
/// It begins with the time of the call, so that the newest are side by side in an index, and holds 90 random bits.
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

    /// A new identifier. Those of a later millisecond sort behind it.
    package static func random(at moment: Timestamp) -> CallID {
        CallID(unchecked: OpaqueText.random(at: moment))
    }

    private init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// Text that should have been an identifier and is not one.
public struct InvalidIdentifier: Error, Hashable, Sendable {
    /// The text that was given.
    public let text: String
}

/// A device of a user: who did something, or whom something is meant for.
public struct Participant: Hashable, Sendable, Codable {
    /// Whose device it is.
    public let userId: UserID
    /// The device.
    public let deviceId: DeviceID

    /// A device of a user's.
    public init(userId: UserID, deviceId: DeviceID) {
        self.userId = userId
        self.deviceId = deviceId
    }
}
