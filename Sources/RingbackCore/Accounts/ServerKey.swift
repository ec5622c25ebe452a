import Crypto
package import RingbackModel

/// A key of the platform's back end. Only a hash of its secret is stored.
package struct ServerKey: Sendable, Hashable {
    /// What a key permits.
    package enum Scope: String, Sendable, CaseIterable {
        /// Creating, reading, changing and erasing users.
        case users
        /// Creating, listing and revoking sessions.
        case sessions
        /// Blocks and contacts of users.
        case blocks
        /// Reading calls and timelines.
        case readCalls = "calls:read"
        /// Ending calls.
        case endCalls = "calls:end"
        /// Banning users.
        case bans
        /// Reading the audit log.
        case audit
        /// Listing, replaying and testing webhook messages.
        case webhooks
    }

    /// The name of a key: 1 to 64 characters of `[A-Za-z0-9._-]`, never reused.
    package struct Name: Sendable, Hashable, CustomStringConvertible {
        package let rawValue: String

        /// The holder of the administrator's token in the audit log.
        package static let administrator = Name(unchecked: "administrator")

        /// - Returns: `nil` for other text, and for `administrator`.
        package init?(_ rawValue: String) {
            guard (1...64).contains(rawValue.utf8.count), rawValue != Self.administrator.rawValue,
                rawValue.unicodeScalars.allSatisfy({ scalar in
                    scalar.isASCII
                        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                            || "._-".unicodeScalars.contains(scalar))
                })
            else { return nil }
            self.rawValue = rawValue
        }

        /// For a name that was stored.
        package init(unchecked rawValue: String) { self.rawValue = rawValue }

        package var description: String { rawValue }
    }

    package var name: Name
    /// The SHA-256 hash of the key.
    package var hash: [UInt8]
    package var scopes: Set<Scope>
    package var createdAt: Timestamp
    package var expiresAt: Timestamp
    package var revokedAt: Timestamp?

    package init(
        name: Name, hash: [UInt8], scopes: Set<Scope>, createdAt: Timestamp, expiresAt: Timestamp,
        revokedAt: Timestamp? = nil
    ) {
        self.name = name
        self.hash = hash
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

extension ServerKey {
    private static let prefix = "ringback_key_"

    /// Creates a key.
    ///
    /// - Returns: The key to store, and its text, which is not stored.
    package static func create(
        _ name: Name, scopes: Set<Scope>, at now: Timestamp, lifetime: Duration
    ) -> (ServerKey, text: String) {
        let text = prefix + OpaqueText.random(bytes: 32)
        return (
            ServerKey(
                name: name, hash: SessionService.hash(text), scopes: scopes, createdAt: now, expiresAt: now + lifetime),
            text
        )
    }

    /// Whether `token` may be a server key. The tokens of devices are shorter.
    package static func looksLikeOne(_ token: String) -> Bool {
        token.utf8.count == prefix.utf8.count + 43 && token.hasPrefix(prefix)
    }

    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    package func check(at now: Timestamp) throws(Problem) {
        guard revokedAt == nil else { throw SessionService.unauthenticated }
        guard expiresAt > now else { throw Problem(.tokenExpired, "The server key has expired. Create another one.") }
    }

    /// The scopes, sorted.
    package var scopeNames: [String] { scopes.map(\.rawValue).sorted() }
}
