import Crypto
import CurlTransport
import Foundation
import RingbackCore
import RingbackModel

/// Sends pushes to browsers (RFC 8030).
struct WebPushSender: OutboxSender {
    private static let timeout: Duration = .seconds(5)
    private static let connectTimeout: Duration = .seconds(3)
    private static let maximumBytes = 16 << 10

    let store: any Store
    let key: VAPIDKey
    /// Whether only addresses of the public internet are allowed.
    let isPublic: Bool
    let driver: CurlDriver
    let time: any Timekeeper
    let failures = PushFailures()

    func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        let result = await post(delivery)
        guard let device = delivery.recipient, !Task.isCancelled else { return result }
        switch result {
        case .delivered: failures.succeeded(device)
        case .void: break
        case .refused, .unavailable:
            guard failures.failed(device, at: time.monotonic) else { break }
            do {
                try await store.write { try $0.deletePushSubscription(of: device, endpoint: nil) }
                return .void("the subscription has failed too often")
            } catch {
                return result
            }
        }
        return result
    }

    private func post(_ delivery: OutboxDelivery) async -> OutboxResult {
        do {
            guard let device = delivery.recipient, let id = CallID(String(delivery.key.prefix { $0 != " " })) else {
                return .void("a message of another version")
            }
            let (subscription, call) = try await store.read { store in
                (try store.pushSubscription(of: device), try store.call(id))
            }
            guard let subscription else { return .void("the device has no subscription any more") }
            if delivery.type == PushType.incoming.rawValue, call?.stillRings != true {
                return .void("the call does not ring any more")
            }
            let head = try await driver.perform(try request(delivery, subscription, id)).head
            return try await result(head, subscription)
        } catch CurlError.failed(.addressNotAllowed, let text) {
            return .void(text)
        } catch CurlError.tooLong(let head, _) {
            return Self.result(head)
        } catch {
            return .unavailable("\(error)")
        }
    }

    private func request(
        _ delivery: OutboxDelivery, _ subscription: PushSubscription, _ id: CallID
    ) throws -> CurlRequest {
        var options = CurlOptions(connectTimeout: Self.connectTimeout)
        options.allowsOnlyPublicAddresses = isPublic
        var request = CurlRequest(url: subscription.endpoint, options: options)
        let now = time.now
        request.method = "POST"
        request.body = try WebPushEncryption(publicKey: subscription.publicKey, secret: subscription.secret)
            .encrypt(delivery.body)
        request.headers = [
            ("Authorization", try key.authorization(for: subscription.origin, at: now)),
            ("Content-Encoding", "aes128gcm"), ("Content-Type", "application/octet-stream"),
            ("TTL", "\(max(0, (delivery.expiresAt - now).milliseconds / 1000))"), ("Urgency", "high"),
            ("Topic", Self.topic(of: id)), ("User-Agent", "Ringback"),
        ]
        request.timeout = Self.timeout
        request.maximumBytes = Self.maximumBytes
        return request
    }

    /// The same for all pushes of a call, of which a push service keeps the newest: 32 characters of base64url (RFC
    /// 8030, section 5.4), which do not disclose the call.
    static func topic(of id: CallID) -> String { Data(SHA256.hash(data: Data(id.rawValue.utf8)).prefix(24)).base64URL }

    private func result(_ head: CurlResponseHead, _ subscription: PushSubscription) async throws -> OutboxResult {
        if [404, 410].contains(head.status) {
            try await store.write {
                try $0.deletePushSubscription(of: subscription.device, endpoint: subscription.endpoint)
            }
        }
        return Self.result(head)
    }

    static func result(_ head: CurlResponseHead) -> OutboxResult {
        switch head.status {
        case 200..<300: .delivered
        case 404, 410: .void("the subscription has ended (\(head.status))")
        case 413: .void("status 413")
        // Of this subscription, which must not delay those of others.
        case 429: .refused("status 429", retryAfter: head.retryAfter)
        case 408, 500...: .unavailable("status \(head.status)", retryAfter: head.retryAfter)
        default: .refused("status \(head.status)")
        }
    }
}
