package import RingbackModel

/// Where a device receives pushes.
package struct PushSubscription: Sendable, Hashable {
    package enum Target: Sendable, Hashable {
        case browser(WebPushResource)
        case app(AppPushService, token: String)
    }

    package var device: DeviceID
    package var target: Target

    package init(device: DeviceID, _ target: Target) {
        self.device = device
        self.target = target
    }

    /// A lane for each push service, so that one that does not answer delays no other.
    package var lane: OutboxLane {
        switch target {
        case .browser(let resource): OutboxLane(rawValue: "push/\(resource.origin)")
        case .app(let service, _): service.lane
        }
    }

    /// The name of the push service: `web`, `apns` or `fcm`.
    package var service: String {
        switch target {
        case .browser: Self.web
        case .app(let service, _): service.rawValue
        }
    }

    /// The name of the push services of browsers.
    package static let web = "web"

    /// Whether pushes of a type are sent there.
    func receives(_ type: PushType) -> Bool {
        switch target {
        case .browser, .app(.fcm, _): true
        // iOS ends an app that does not report a call for each VoIP push.
        case .app(.apns, _): type == .incoming
        }
    }

    private static let services: Set<String> = [
        "https://fcm.googleapis.com", "https://updates.push.services.mozilla.com", "https://web.push.apple.com",
    ]

    /// Whether a lane is that of a push service that is known. The others are whatever clients choose.
    package static func isKnown(_ lane: OutboxLane) -> Bool { services.contains(String(lane.name)) }
}

/// Where a browser receives pushes (RFC 8030), and the keys with which they are encrypted (RFC 8291).
package struct WebPushResource: Sendable, Hashable {
    /// An `https:` URL.
    package var endpoint: String
    /// The P-256 public key of the browser (`p256dh`), 65 bytes.
    package var publicKey: [UInt8]
    /// The authentication secret (`auth`), 16 bytes.
    package var secret: [UInt8]

    package init(endpoint: String, publicKey: [UInt8], secret: [UInt8]) {
        self.endpoint = endpoint
        self.publicKey = publicKey
        self.secret = secret
    }

    /// The scheme, host and port of the push resource (RFC 6454).
    package var origin: String { endpoint.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//") }
}

/// The push service of a mobile system.
package enum AppPushService: String, Sendable, Hashable, CaseIterable {
    /// VoIP pushes of the Apple Push Notification service.
    case apns
    /// Firebase Cloud Messaging.
    case fcm

    package var lane: OutboxLane { OutboxLane(rawValue: "\(rawValue)/all") }

    /// The one form of a token of a device.
    package func canonical(_ token: String) -> String { self == .apns ? token.lowercased() : token }

    /// Whether a text has the form of a device token of the service.
    package func accepts(_ token: String) -> Bool {
        switch self {
        case .apns: token.utf8.count.isMultiple(of: 2) && token.utf8.allSatisfy(Self.isHexadecimal)
        case .fcm: token.utf8.allSatisfy(Self.isOfTokens)
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }

    private static func isOfTokens(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

package protocol PushReader {
    /// The subscriptions of a user's devices on which calls ring.
    func pushSubscriptions(of user: UserID) throws -> [PushSubscription]
    func pushSubscription(of device: DeviceID) throws -> PushSubscription?
}

package protocol PushWriter {
    /// Sets the only subscription of a signed-in device. A token of an app that another device has registered is that
    /// of this device from now on.
    func save(_ subscription: PushSubscription, at now: Timestamp) throws
    /// Removes the subscription of a device.
    func deletePushSubscription(of device: DeviceID) throws
    /// Removes a subscription that its push service has ended. Nothing if the device has another one by now.
    ///
    /// - Parameter moment: When it had ended. One that was saved later is kept.
    func delete(_ ended: PushSubscription, endedAt moment: Timestamp) throws
}
