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
    private static let otherLanes: UInt64 = 16

    /// A lane for each of the large push services, and a few for all others, since clients choose them.
    package var lane: OutboxLane {
        let origin = origin
        if Self.services.contains(origin) { return OutboxLane(rawValue: "push/\(origin)") }
        let hash = origin.utf8.reduce(into: UInt64(14_695_981_039_346_656_037)) {
            $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return OutboxLane(rawValue: "push/\((hash >> 32) % Self.otherLanes)")
    }
}

package protocol PushReader {
    /// The subscriptions of a user's devices.
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
