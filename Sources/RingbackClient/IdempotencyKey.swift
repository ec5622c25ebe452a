import RingbackModel

/// Identifies one write, so that the server does not carry it out twice when the request is repeated.
///
/// A key belongs to one device and one operation. The server remembers the key of an invitation while the call is live
/// and for 10 minutes after the invitation, the keys of other writes to a call (the newest 128 of each device) for as
/// long as the call is in the history, and those of writes to the account for 10 minutes or until it restarts.
/// Repeating a key with different content throws `idempotency_mismatch`.
///
/// By default, each method that takes a key creates a new one and uses it for its own retries. Pass a key to repeat a
/// write after a restart of the program.
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

    /// Creates a key of 128 random bits.
    public static func random() -> IdempotencyKey { IdempotencyKey(unchecked: OpaqueText.random(bytes: 16)) }

    /// The same as ``rawValue``.
    public var description: String { rawValue }
}
