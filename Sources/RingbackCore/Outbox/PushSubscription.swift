package import RingbackModel

/// Where a browser receives pushes for a device (RFC 8030), and the keys with which they are encrypted (RFC 8291).
package struct PushSubscription: Sendable, Hashable {
    package var device: DeviceID
    /// The push resource, an `https:` URL.
    package var endpoint: String
    /// The P-256 public key of the browser (`p256dh`), 65 bytes.
    package var publicKey: [UInt8]
    /// The authentication secret (`auth`), 16 bytes.
    package var secret: [UInt8]

    package init(device: DeviceID, endpoint: String, publicKey: [UInt8], secret: [UInt8]) {
        self.device = device
        self.endpoint = endpoint
        self.publicKey = publicKey
        self.secret = secret
    }

    /// The scheme, host and port of the push resource (RFC 6454).
    package var origin: String { endpoint.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//") }

    private static let services: Set<String> = [
        "https://fcm.googleapis.com", "https://updates.push.services.mozilla.com", "https://web.push.apple.com",
    ]

    /// A lane for each push service, so that one that does not answer delays no other.
    package var lane: OutboxLane { OutboxLane(rawValue: "push/\(origin)") }

    /// Whether a lane is that of a push service that is known. The others are whatever clients choose.
    static func isKnown(_ lane: OutboxLane) -> Bool { services.contains(String(lane.name)) }
}

package protocol PushReader {
    /// The subscriptions of a user's devices on which calls ring.
    func pushSubscriptions(of user: UserID) throws -> [PushSubscription]
    func pushSubscription(of device: DeviceID) throws -> PushSubscription?
}

package protocol PushWriter {
    /// Sets the only subscription of a signed-in device.
    func save(_ subscription: PushSubscription, at now: Timestamp) throws
    /// Removes the subscription of a device.
    ///
    /// - Parameter endpoint: Only this one; `nil` for any.
    func deletePushSubscription(of device: DeviceID, endpoint: String?) throws
}
