import Foundation
import RingbackCore
import Testing

@testable import RingbackServer

struct WebhookEndpointTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// The example of the convention's specification and its libraries.
    @Test func `A message is signed as in the example of Standard Webhooks`() throws {
        let secret = try #require(WebhookEndpoint.Secret(Self.secret))
        let endpoint = try WebhookEndpoint(name: "one", url: "https://example.org/", secrets: [secret, secret])
        let fields = endpoint.fields(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
                "webhook-signature: \(signature) \(signature)",
            ])
    }

    @Test(arguments: [
        ("one", "http://example.org/", true), ("One", "https://example.org/", true), ("", "https://example.org/", true),
        ("deliveries", "https://example.org/", true), ("one", "https:///path", false),
        ("one", "ftp://example.org/", false),
        ("one", "https://user@example.org/", false), ("one", "https://example.org/#part", false), ("one", "", false),
    ])
    func `An endpoint that cannot be right is refused`(name: String, url: String, isPublic: Bool) throws {
        let secret = try #require(WebhookEndpoint.Secret(Self.secret))
        #expect(throws: WebhookProblem.self) {
            try WebhookEndpoint(name: name, url: url, secrets: [secret], isPublic: isPublic)
        }
        #expect(throws: WebhookProblem.self) { try WebhookEndpoint(name: "one", url: "https://a/", secrets: []) }
    }

    @Test(arguments: ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???"])
    func `A secret has 24 to 64 bytes in base64`(text: String) {
        #expect(WebhookEndpoint.Secret(text) == nil)
        #expect(WebhookEndpoint.Secret(WebhookEndpoint.Secret.random()) != nil)
    }
}
