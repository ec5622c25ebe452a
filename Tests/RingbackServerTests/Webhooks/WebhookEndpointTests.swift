import RingbackCore
import Testing

@testable import RingbackServer

struct WebhookEndpointTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test(arguments: [
        ("one", "http://example.org/", true), ("One", "https://example.org/", true), ("", "https://example.org/", true),
        ("deliveries", "https://example.org/", true), ("one", "https:///path", false),
        ("one", "ftp://example.org/", false),
        ("one", "https://user@example.org/", false), ("one", "https://example.org/#part", false), ("one", "", false),
    ])
    func `An endpoint that cannot be right is refused`(name: String, url: String, isPublic: Bool) throws {
        let secret = try #require(WebhookSigningKey(Self.secret))
        #expect(throws: WebhookProblem.self) {
            try WebhookEndpoint(name: name, url: url, secrets: [secret], isPublic: isPublic)
        }
        #expect(throws: WebhookProblem.self) { try WebhookEndpoint(name: "one", url: "https://a/", secrets: []) }
    }
}
