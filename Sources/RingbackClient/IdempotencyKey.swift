import RingbackModel

/// The name of one intention, so that a write that is repeated is done once.
///
/// The server keeps it for 24 h, for this device and this route. Methods that take one make a fresh one by themselves; give
/// your own to repeat a write after a restart of your program.
public struct IdempotencyKey: Sendable, Hashable, CustomStringConvertible {
    /// 1 to 255 visible ASCII characters.
    public let rawValue: String

    /// - Returns: `nil` when `rawValue` is not 1 to 255 visible ASCII characters.
    public init?(_ rawValue: String) {
        guard Limits.idempotencyKeyCharacters.contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: String) { self.rawValue = rawValue }

    /// A new key of 128 random bits.
    public static func random() -> IdempotencyKey { IdempotencyKey(unchecked: OpaqueText.random(bytes: 16)) }

    /// The key itself.
    public var description: String { rawValue }
}
