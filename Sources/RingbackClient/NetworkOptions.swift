import CurlTransport

/// Options for connections: certificates, proxy and timeouts.
///
/// TLS certificates and host names are always verified. To trust a certificate authority of your own, set
/// ``certificateAuthorities``; verification cannot be turned off.
public struct NetworkOptions: Sendable, Hashable {
    /// The path of a PEM file with the certificates to trust instead of the system's.
    public var certificateAuthorities: String?
    /// The proxy in libcurl's notation: `http://proxy.example.org:3128`, `socks5h://127.0.0.1:1080`.
    ///
    /// `nil` uses the environment variables `http_proxy`, `https_proxy` and `no_proxy`. An empty string disables the
    /// proxy.
    public var proxy: String?
    /// The maximum time to establish a connection, including TLS.
    public var connectTimeout: Duration
    /// The maximum time until the response is complete. If a socket is lost, the time counts for the request over all
    /// transports. A long poll may take its waiting time in addition.
    public var requestTimeout: Duration
    /// How long a stream or a socket may be silent before it is considered lost; whole seconds, at least 1.
    ///
    /// The server sends something every 15 s over a stream and every 25 s over a socket.
    public var silenceTimeout: Duration

    /// Creates options. The defaults are 10 s to connect, 30 s for a request and 60 s of silence.
    public init(
        certificateAuthorities: String? = nil, proxy: String? = nil, connectTimeout: Duration = .seconds(10),
        requestTimeout: Duration = .seconds(30), silenceTimeout: Duration = .seconds(60)
    ) {
        self.certificateAuthorities = certificateAuthorities
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.silenceTimeout = silenceTimeout
    }

    var curl: CurlOptions {
        CurlOptions(certificateAuthorities: certificateAuthorities, proxy: proxy, connectTimeout: connectTimeout)
    }
}
