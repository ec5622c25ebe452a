import Crypto
import Foundation
import RingbackModel

/// The key with which the server identifies itself to push services (VAPID, RFC 8292).
package struct VAPIDKey: Sendable {
    /// How long a token is valid; at most a day.
    private static let lifetime: Int64 = 12 * 3600

    private let key: P256.Signing.PrivateKey
    /// A `mailto:` or `https:` URI of the operator.
    private let contact: String

    /// - Parameter text: The private key, 32 bytes in base64url.
    /// - Returns: `nil` for anything else.
    package init?(_ text: String, contact: String) {
        guard let bytes = Data(base64URL: text), let key = try? P256.Signing.PrivateKey(rawRepresentation: bytes),
            contact.hasPrefix("mailto:") || contact.hasPrefix("https://"), contact.utf8.count <= 200,
            contact.utf8.allSatisfy({
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            })
        else { return nil }
        self.key = key
        self.contact = contact
    }

    /// A new private key, in the form of ``init(_:contact:)``.
    package static func random() -> String { P256.Signing.PrivateKey().rawRepresentation.base64URL }

    /// `applicationServerKey` for `PushManager.subscribe`.
    package var publicKey: String { key.publicKey.x963Representation.base64URL }

    /// The `Authorization` for a push service (RFC 8292, section 3).
    func authorization(for origin: String, at now: Timestamp) throws -> String {
        let expiry = now.milliseconds / 1000 + Self.lifetime
        let token = try JSONWebToken.make(algorithm: "ES256") { json in
            json.field("aud", origin)
            json.field("exp", Int(expiry))
            json.field("sub", contact)
        } sign: {
            try key.signature(for: $0).rawRepresentation
        }
        return "vapid t=\(token), k=\(publicKey)"
    }
}
