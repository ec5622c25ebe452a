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
    package var secrets: [WebhookSigningKey]
    /// Whether only addresses of the public internet are allowed.
    package var isPublic: Bool

    /// - Throws: ``WebhookProblem``.
    package init(
        name: String, url: String, types: Set<WebhookType> = Set(WebhookType.allCases), secrets: [WebhookSigningKey],
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
