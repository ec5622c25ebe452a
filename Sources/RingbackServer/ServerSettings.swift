/// What those who run the server may set.
package struct ServerSettings: Sendable {
    package var hostname = "127.0.0.1"
    /// 0 takes a free port.
    package var port = 8080
    /// How long a sign-in is good.
    package var tokenLifetime: Duration = .seconds(30 * 86_400)
    /// A token that may end any call.
    package var administratorToken: String?
    /// log2 of scrypt's N for new passwords.
    package var passwordCost = 15
    package var stunURLs: [String] = []
    package var turnServers: [TURNServer] = []
    /// How long TURN credentials are good.
    package var turnLifetime: Duration = .seconds(3600)
    /// Origins whose pages may use the API; `*` for all.
    package var allowedOrigins: [String] = []
    /// Where the server is seen from outside, if the proxy before it does not say.
    package var basePath = BasePath.root
    /// Proxies whose `X-Forwarded-` fields are believed.
    package var trustedProxies = AddressRange.loopback
    /// How long events are kept for those who come back.
    package var eventRetention: Duration = .seconds(7 * 86_400)
    /// How long the SDP and the candidates of ended calls are kept.
    package var payloadRetention: Duration = .seconds(86_400)
    /// Connections at a time; more are refused.
    package var maximumConnections = 18_000
    /// Devices of a user that are signed in. With one more, the one that was seen longest ago is signed out.
    package var devicesPerUser = 32
    /// Sockets, streams and waiting polls of one device.
    package var connectionsPerDevice = 1000
    /// Writes of one device a second, on average.
    package var writesPerSecond = 500.0
    /// What the server waits for, at most, before it stops.
    package var drainTime: Duration = .seconds(10)

    package init() {}

    /// TURN servers that share a secret, coturn's `static-auth-secret`.
    package struct TURNServer: Sendable, Hashable {
        package var urls: [String]
        package var secret: String

        package init(urls: [String], secret: String) { (self.urls, self.secret) = (urls, secret) }
    }
}
