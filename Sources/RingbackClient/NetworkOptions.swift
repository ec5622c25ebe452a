import CurlTransport

/// How connections are made: whom to trust, through which proxy, how long to wait.
///
/// TLS certificates are always verified, with the name of the host. To trust an authority of your own, name it in
/// ``certificateAuthorities``; there is no switch that turns the check off.
public struct NetworkOptions: Sendable, Hashable {
    /// A file of PEM certificates to trust instead of the system's.
    public var certificateAuthorities: String?
    /// A proxy as libcurl writes it: `http://proxy.example.org:3128`, `socks5h://127.0.0.1:1080`.
    ///
    /// `nil` uses `http_proxy`, `https_proxy` and `no_proxy` of the environment. An empty string uses no proxy.
    public var proxy: String?
    /// How long a connection may take to be made, TLS included.
    public var connectTimeout: Duration
    /// How long a request may take, until its answer is complete; one that changes from a lost socket to another way, in all. A
    /// long poll may take its waiting time more.
    public var requestTimeout: Duration
    /// How long a stream or a socket may be silent before it counts as dead; whole seconds, at least 1.
    ///
    /// The server sends something every 15 s over a stream and every 25 s over a socket.
    public var silenceTimeout: Duration

    /// - Parameters: 10 s to connect, 30 s for a request, 60 s of silence.
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
