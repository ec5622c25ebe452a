import Crypto
import Foundation

/// A key of the signatures of webhooks ([Standard Webhooks](https://www.standardwebhooks.com)): `whsec_` and 24 to 64
/// bytes in base64.
package struct WebhookSigningKey: Sendable, Hashable {
    private static let prefix = "whsec_"

    private let bytes: [UInt8]

    /// - Returns: `nil` for a text of another form.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
            (24...64).contains(data.count)
        else { return nil }
        bytes = Array(data)
    }

    /// The text of a new secret.
    package static func random() -> String {
        prefix + SymmetricKey(size: .init(bitCount: 256)).withUnsafeBytes { Data($0).base64EncodedString() }
    }

    fileprivate func signature(of text: Data) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: bytes))
        return "v1,\(Data(code).base64EncodedString())"
    }
}

extension [WebhookSigningKey] {
    /// The header fields of a message: signed with each secret, so that a receiver may have either.
    ///
    /// - Parameter seconds: When it is sent, since 1970.
    package func fields(id: String, seconds: Int64, body: [UInt8]) -> [(name: String, value: String)] {
        let signed = Data("\(id).\(seconds).".utf8) + body
        return [
            ("webhook-id", id), ("webhook-timestamp", "\(seconds)"),
            ("webhook-signature", map { $0.signature(of: signed) }.joined(separator: " ")),
        ]
    }
}
