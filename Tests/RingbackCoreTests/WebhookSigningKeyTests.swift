import RingbackCore
import Testing

struct WebhookSigningKeyTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// The example of the convention's specification and its libraries.
    @Test func `A message is signed as in the example of Standard Webhooks`() throws {
        let secret = try #require(WebhookSigningKey(Self.secret))
        let fields = [secret, secret].fields(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
                "webhook-signature: \(signature) \(signature)",
            ])
    }

    @Test(arguments: ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???"])
    func `A secret has 24 to 64 bytes in base64`(text: String) {
        #expect(WebhookSigningKey(text) == nil)
        #expect(WebhookSigningKey(WebhookSigningKey.random()) != nil)
    }
}
