import Crypto
import Foundation
package import RingbackCore

/// A service that is told of calls and users by HTTP requests.
package struct WebhookEndpoint: Sendable, Hashable {
    /// The maximum number of endpoints of a server.
    package static let maximumCount = 32

    /// 1 to 32 characters of `[a-z0-9-]`.
    package var name: String
    /// An `https:` URL; `http:` only if it may be at any address.
    package var url: String
    package var types: Set<WebhookType>
    package var secrets: [Secret]
    /// Whether only addresses of the public internet are allowed.
    package var isPublic: Bool

    /// - Throws: ``WebhookProblem``.
    package init(
        name: String, url: String, types: Set<WebhookType> = Set(WebhookType.allCases), secrets: [Secret],
        isPublic: Bool = true
    ) throws(WebhookProblem) {
        guard (1...32).contains(name.utf8.count), name.utf8.allSatisfy(Self.isOfName) else {
            throw WebhookProblem("The name '\(name.prefix(64))' must be 1 to 32 characters of [a-z0-9-].")
        }
        guard name != "deliveries" else { throw WebhookProblem("The name deliveries is reserved.") }
        guard !secrets.isEmpty else {
            throw WebhookProblem(
                "The webhook \(name) needs a secret: --webhook-secrets, or secretFile or secretVariable in the file.")
        }
        guard secrets.count <= 8 else { throw WebhookProblem("The webhook \(name) has over 8 secrets.") }
        guard !types.isEmpty else { throw WebhookProblem("The webhook \(name) has no types.") }
        guard url.utf8.count <= 2048, let parts = URLComponents(string: url), parts.host?.isEmpty == false,
            parts.user == nil, parts.password == nil, parts.fragment == nil,
            ["https", "http"].contains(parts.scheme ?? "")
        else {
            throw WebhookProblem(
                "The URL of the webhook \(name) must be https://HOST[:PORT]/PATH, without a user and a fragment.")
        }
        guard parts.scheme == "https" || !isPublic else {
            throw WebhookProblem(
                "The URL of the webhook \(name) must begin with https://, or its addresses must be 'any'.")
        }
        self.name = name
        self.url = url
        self.types = types
        self.secrets = secrets
        self.isPublic = isPublic
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The key of signatures: `whsec_` and 24 to 64 bytes in base64.
    package struct Secret: Sendable, Hashable {
        fileprivate let bytes: [UInt8]

        /// - Returns: `nil` for a text of another form.
        package init?(_ text: String) {
            guard text.hasPrefix("whsec_"), let data = Data(base64Encoded: String(text.dropFirst("whsec_".count))),
                (24...64).contains(data.count)
            else { return nil }
            bytes = Array(data)
        }

        /// A new secret.
        package static func random() -> String {
            "whsec_" + SymmetricKey(size: .init(bitCount: 256)).withUnsafeBytes { Data($0).base64EncodedString() }
        }
    }

    /// The header fields of a message (Standard Webhooks): signed with each secret, so that a receiver may have either.
    ///
    /// - Parameter seconds: When it is sent, since 1970.
    package func fields(id: String, seconds: Int64, body: [UInt8]) -> [(name: String, value: String)] {
        let signed = Data("\(id).\(seconds).".utf8) + body
        let signatures = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret.bytes))
            return "v1,\(Data(code).base64EncodedString())"
        }
        return [
            ("webhook-id", id), ("webhook-timestamp", "\(seconds)"),
            ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }
}

/// What is wrong with the configuration of a webhook.
package struct WebhookProblem: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension OutboxPlan {
    package init(_ endpoints: [WebhookEndpoint]) {
        self.init(webhooks: endpoints.map { Webhook(name: $0.name, types: $0.types) })
    }
}
