import RingbackCore

/// The settings of the server.
package struct ServerSettings: Sendable {
    /// The name of this node among those that serve the same database; shown in `/readyz` and the metrics.
    package var nodeName: String?
    package var hostname = "127.0.0.1"
    /// 0 chooses a free port.
    package var port = 8080
    /// The port of the operator's resources; `nil` to serve them on ``port``. 0 chooses a free port.
    package var managementPort: Int?
    package var managementHostname = "127.0.0.1"
    /// Whether the demo is served.
    package var hasDemo = true
    /// Whether the API reference is served.
    package var hasDocs = true
    /// How long a token is valid.
    package var tokenLifetime: Duration = .seconds(30 * 86_400)
    /// The token that permits ending any call.
    package var administratorToken: String?
    /// log2 of the scrypt parameter N for new passwords.
    package var passwordCost = 15
    package var stunURLs: [String] = []
    package var turnServers: [TURNServer] = []
    /// How long TURN credentials are valid.
    package var turnLifetime: Duration = .seconds(3600)
    /// Origins whose pages may use the API; `*` allows all.
    package var allowedOrigins: [String] = []
    /// The path prefix under which the server is exposed, unless the proxy sends it.
    package var basePath = BasePath.root
    /// Proxies whose `X-Forwarded-` fields are trusted.
    package var trustedProxies = AddressRange.loopback
    /// How trusted proxies name the client.
    package var clientAddress = ClientAddress.forwardedFor
    /// How long events are kept for clients that reconnect.
    package var eventRetention: Duration = .seconds(86_400)
    /// How long the SDP and candidates of ended calls are kept.
    package var payloadRetention: Duration = .seconds(3600)
    /// How long the timeline, the legs, custom data and the quality of ended calls are kept.
    package var detailRetention: Duration = .seconds(86_400)
    /// How long webhook messages are kept after they were delivered or given up.
    package var webhookRetention: Duration = .seconds(86_400)
    package var webhooks: [WebhookEndpoint] = []
    /// For pushes to browsers; `nil` for none.
    package var vapidKey: VAPIDKey?
    /// For pushes to apps; `nil` for none.
    package var apns: APNsSettings?
    package var fcm: FCMSettings?
    /// The path of a PEM file of certificates that APNs and FCM may have instead of those that the system trusts.
    package var pushCertificateAuthorities: String?
    /// Whether pushes go only to addresses of the public internet.
    package var pushIsPublic = true
    /// How long ended calls are listed in the histories.
    package var historyRetention: Duration = .seconds(365 * 86_400)
    /// Connections at a time. For one more, the one that was idle longest gives way.
    package var maximumConnections = 18_000
    /// The maximum number of devices of a user. The next sign-in signs out the one that was seen longest ago.
    package var devicesPerUser = 32
    /// Connections of one IPv4 address, or 64 bits of IPv6, that is no trusted proxy; and sockets, streams and waiting
    /// polls that come from it, also through one.
    package var connectionsPerAddress = 1000
    /// Bytes that all connections may hold for clients that don't read, or send faster than they are answered.
    package var connectionMemory = 256 << 20
    /// Sockets, streams and waiting polls of one device.
    package var connectionsPerDevice = 1000
    /// Sockets, streams and waiting polls of one user.
    package var connectionsPerUser = 1000
    /// Live calls that were begun from one IPv4 address, or 64 bits of IPv6.
    package var callsPerAddress = 1000
    /// The average number of writes per second that one device may send.
    package var writesPerSecond = 500.0
    /// The average number of reads of a user per second, except reads of events.
    package var readsPerSecond = 200.0
    /// The average number of invitations of a user per second.
    package var invitesPerSecond = 100.0
    /// The average number of writes, and of invitations, per second from one IPv4 address, or 64 bits of IPv6.
    package var writesPerSecondFromAddress = 5000.0
    package var invitesPerSecondFromAddress = 500.0
    /// Sign-ins per minute from one IPv4 address, or 64 bits of IPv6. Clients that can't be told apart are not limited.
    package var signInsPerMinute = 300.0
    /// Registrations per minute, likewise.
    package var registrationsPerMinute = 300.0
    /// Whom the directory lists.
    package var directory = Directory.prefix
    /// Whether users can register themselves.
    package var registration = Registration.closed
    /// The average number of requests per second that may be sent with one server key.
    package var keyRequestsPerSecond = 500.0
    /// How long the audit log is kept.
    package var auditRetention: Duration = .seconds(365 * 86_400)
    /// The average number of bytes per second that a user may write. A minute's worth can be written at once.
    package var bytesPerSecond = 65_536.0
    /// The same for all users of one IPv4 address, or 64 bits of IPv6.
    package var bytesPerSecondFromAddress = 1_048_576.0
    /// The maximum time that a shutdown waits for connections.
    package var drainTime: Duration = .seconds(10)

    package init() {}

    /// How trusted proxies name the client. Only one way at a time: a proxy that uses one passes the others on as the
    /// client has sent them.
    package enum ClientAddress: String, Sendable, CaseIterable {
        case forwardedFor = "x-forwarded-for"
        case forwarded
        case proxyProtocol = "proxy-protocol"
    }

    /// The kinds of push services for which the server has a key.
    var pushServices: [String] {
        (vapidKey == nil ? [] : [PushSubscription.web]) + (apns == nil ? [] : [AppPushService.apns.rawValue])
            + (fcm == nil ? [] : [AppPushService.fcm.rawValue])
    }

    var usesPush: Bool { !pushServices.isEmpty }

    func expectsProxyProtocol(from peer: IPAddress?) -> Bool {
        clientAddress == .proxyProtocol && peer.map { peer in trustedProxies.contains { $0.contains(peer) } } == true
    }

    /// Whom the directory lists.
    package enum Directory: String, Sendable, CaseIterable {
        /// All users, or those whose identifiers begin with a prefix.
        case prefix
        /// Only the user with exactly the identifier that is asked for.
        case exact
    }

    /// Whether users can register themselves.
    package enum Registration: String, Sendable, CaseIterable {
        case open
        /// Users are created by the platform only: with its tokens, or with a server key.
        case closed
    }

    /// TURN servers with a shared secret, coturn's `static-auth-secret`.
    package struct TURNServer: Sendable, Hashable {
        package var urls: [String]
        package var secret: String

        package init(urls: [String], secret: String) { (self.urls, self.secret) = (urls, secret) }
    }
}
