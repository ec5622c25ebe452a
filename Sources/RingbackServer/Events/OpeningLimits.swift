import RingbackCore
import RingbackModel

/// How many sockets and streams a device, a user and an address may open: twice as many in a minute as they may have at
/// a time.
struct OpeningLimits: Sendable {
    private let devices: RateLimiter<DeviceID>
    private let users: RateLimiter<UserID>
    private let addresses: RateLimiter<IPAddress>

    init(_ settings: ServerSettings) {
        func limiter<Key>(_ name: String, _ maximum: Int) -> RateLimiter<Key> {
            RateLimiter(name, perSecond: Double(maximum) / 30, burst: Double(maximum) * 2)
        }
        devices = limiter("device-connections", settings.connectionsPerDevice)
        users = limiter("user-connections", settings.connectionsPerUser)
        addresses = limiter("address-connections", settings.connectionsPerAddress)
    }

    /// Before it is known who opens it.
    ///
    /// - Parameter address: `nil` for clients that can't be told apart, who are not limited.
    /// - Throws: ``Problem`` `rate_limited`.
    func spend(_ address: IPAddress?, at now: MonotonicTime) throws(Problem) {
        if let subscriber = address?.subscriber { try addresses.spend(subscriber, at: now) }
    }

    /// - Throws: ``Problem`` `rate_limited`.
    func spend(_ participant: Participant, at now: MonotonicTime) throws(Problem) {
        try devices.spend(participant.deviceId, at: now)
        try users.spend(participant.userId, at: now)
    }
}
