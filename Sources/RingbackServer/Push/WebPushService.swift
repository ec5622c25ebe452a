import CurlTransport
import RingbackCore
import RingbackModel

/// Sends pushes to browsers (RFC 8030).
struct WebPushService: PushService {
    let key: VAPIDKey
    /// Whether only addresses of the public internet are allowed.
    let isPublic: Bool
    let driver: CurlDriver
    let time: any Timekeeper

    func send(_ push: Push) async throws -> PushResult {
        guard case .browser(let resource) = push.target else { return .result(.void("not a browser")) }
        return Self.result(try await driver.deliver(request(push, resource)).head)
    }

    private func request(_ push: Push, _ resource: WebPushResource) throws -> CurlRequest {
        let now = time.now
        let body = try WebPushEncryption(publicKey: resource.publicKey, secret: resource.secret).encrypt(push.body)
        var request = PushRequest.post(
            resource.endpoint, body: body,
            [
                ("Authorization", try key.authorization(for: resource.origin, at: now)),
                ("Content-Encoding", "aes128gcm"), ("Content-Type", "application/octet-stream"),
                ("TTL", "\(push.seconds(at: now))"), ("Urgency", "high"), ("Topic", push.topic),
            ])
        request.options.allowsOnlyPublicAddresses = isPublic
        return request
    }

    static func result(_ head: CurlResponseHead) -> PushResult {
        switch head.status {
        case 200..<300: .result(.delivered)
        case 404, 410: .ended("status \(head.status)")
        case 413: .result(.void("status 413"))
        // Of this subscription, which must not delay those of others.
        case 429: .result(.refused("status 429", retryAfter: head.retryAfter))
        case 408, 500...: .result(.unavailable("status \(head.status)", retryAfter: head.retryAfter))
        default: .result(.refused("status \(head.status)"))
        }
    }
}
