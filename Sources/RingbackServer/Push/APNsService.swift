import Crypto
import CurlTransport
import Foundation
import RingbackCore
import RingbackModel

/// Sends VoIP pushes to devices with iOS, by Apple's "Sending notification requests to APNs".
struct APNsService: PushService {
    private let settings: APNsSettings
    private let client: VendorClient
    private let time: any Timekeeper
    private let tokens: APNsTokens

    init(_ settings: APNsSettings, _ client: VendorClient, time: any Timekeeper) {
        self.settings = settings
        self.client = client
        self.time = time
        tokens = APNsTokens(settings)
    }

    func send(_ push: Push) async throws -> PushResult {
        guard case .app(.apns, let device) = push.target else { return .result(.void("not a device of APNs")) }
        let token = try tokens.current(at: time.moment)
        let response = try await post(push, device, token)
        if response.head.status == 403, Self.reason(response) == "ExpiredProviderToken",
            let token = try tokens.renewed(after: token, at: time.moment)
        {
            return Self.result(try await post(push, device, token))
        }
        return Self.result(response)
    }

    private func post(_ push: Push, _ device: String, _ token: String) async throws -> CurlResponse {
        try await client.post(
            "https://\(settings.host)/3/device/\(device)", body: Self.body(push),
            [
                ("Authorization", "bearer \(token)"), ("apns-id", Self.identifier(push.messageID)),
                ("apns-push-type", "voip"), ("apns-topic", settings.topic), ("apns-priority", "10"),
                ("apns-expiration", "\(push.expiresAt.milliseconds / 1000)"), ("apns-collapse-id", push.topic),
                ("Content-Type", "application/json"),
            ])
    }

    /// The members of a push beside an empty `aps`.
    static func body(_ push: Push) -> [UInt8] { Array(#"{"aps":{},"#.utf8) + push.body.dropFirst() }

    /// A UUID, the same for each attempt.
    static func identifier(_ messageID: String) -> String {
        let digits = SHA256.hash(data: Data(messageID.utf8)).prefix(16).map {
            String(Int($0) | 256, radix: 16).dropFirst()
        }
        .joined()
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }

    private static func json(_ response: CurlResponse) -> JSONSlice? { try? JSONSlice(parsing: response.body) }

    private static func reason(_ response: CurlResponse) -> String? { json(response)?["reason"]?.string }

    static func result(_ response: CurlResponse) -> PushResult {
        let (status, after) = (response.head.status, response.head.retryAfter)
        let reason = reason(response)
        let text = "status \(status)\(reason.map { " \($0)" } ?? "")"
        switch (status, reason) {
        case (200, _): return .result(.delivered)
        case (400, "BadDeviceToken"): return .unknownToken(text)
        case (410, _):
            let moment = json(response)?["timestamp"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
            return .ended(text, at: moment)
        case (403, _), (429, "TooManyProviderTokenUpdates"): return .denied(.unavailable(text))
        // Of this device.
        case (429, _): return .result(.refused(text, retryAfter: after))
        case (500..., _): return .result(.unavailable(text, retryAfter: after))
        case (413, _): return .result(.void(text))
        // DeviceTokenNotForTopic and the like, which may be a mistake in the settings, or of one device.
        default: return .denied(.refused(text))
        }
    }
}
