import RingbackModel

/// The push service of a mobile system.
public enum PushService: String, Sendable, Hashable, CaseIterable {
    /// VoIP pushes of the Apple Push Notification service.
    case apns
    /// Firebase Cloud Messaging.
    case fcm
}

extension RingbackClient {
    /// Registers this device for pushes, in place of what it has registered before: while it is not present, incoming
    /// calls are sent there.
    ///
    /// - Parameters:
    ///   - token: The device token. That of PushKit as hexadecimal digits; that of FCM as it is.
    ///   - service: The push service that issued the token.
    /// - Throws: `not_found`: the server has no key for the service.
    public func setPushToken(_ token: String, of service: PushService) async throws {
        let request = APIRequest(.setPushToken) { json in
            json.field("service", service.rawValue)
            json.field("token", token)
        }
        _ = try await send(request)
    }

    /// Ends pushes to this device.
    public func deletePushSubscription() async throws {
        _ = try await send(APIRequest(.deletePushSubscription))
    }
}
