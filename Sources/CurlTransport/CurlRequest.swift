/// A request for libcurl.
package struct CurlRequest: Sendable {
    package var method = "GET"
    package var url: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8]?
    /// Whether to use a new connection. If a reused one turns out to be closed, libcurl repeats the request by itself.
    package var isFresh = false
    /// The timeout of the whole transfer; `nil` for a stream.
    package var timeout: Duration?
    /// For a stream: how long it may be silent.
    package var silence: Duration?
    /// The maximum length of a collected body in bytes.
    package var maximumBytes = 16 << 20
    /// The maximum number of redirects to follow, each under the same rules. Only for GET.
    package var maximumRedirects = 0
    package var options: CurlOptions

    package init(url: String, options: CurlOptions) {
        self.url = url
        self.options = options
    }
}

/// Options for connections.
package struct CurlOptions: Sendable, Hashable {
    /// The path of a PEM file with the certificates to trust instead of the system's.
    package var certificateAuthorities: String?
    /// `nil` uses the proxy of the environment; an empty string uses none.
    package var proxy: String?
    /// The maximum time to establish a connection, including TLS.
    package var connectTimeout: Duration
    /// Rejects loopback, link-local, private, multicast and reserved addresses, whichever name they were resolved from,
    /// also after a redirect.
    ///
    /// Does not use the proxy of the environment, which would connect without these checks.
    package var allowsOnlyPublicAddresses = false
    /// Uses HTTP/2: with ALPN over TLS, with prior knowledge over TCP. Otherwise HTTP/1.1.
    package var usesHTTP2 = false

    package init(certificateAuthorities: String? = nil, proxy: String? = nil, connectTimeout: Duration = .seconds(10)) {
        self.certificateAuthorities = certificateAuthorities
        self.proxy = proxy
        self.connectTimeout = connectTimeout
    }
}

/// The head of a response.
package struct CurlResponseHead: Sendable, Hashable {
    package var status = 0
    /// Header fields by lowercase name. Of fields with the same name, the last.
    package var headers: [String: String] = [:]

    package init() {}

    /// The media type in lowercase, without parameters.
    package var contentType: String? {
        headers["content-type"]?.split(separator: ";").first.map {
            $0.lowercased().filter { $0 != " " && $0 != "\t" }
        }
    }

    /// `Retry-After` in seconds (RFC 9110, section 10.2.3), at most a day. Dates are not supported.
    package var retryAfter: Duration? {
        headers["retry-after"].flatMap { Int64($0) }.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil }
    }
}

/// A complete response.
package struct CurlResponse: Sendable {
    package var head: CurlResponseHead
    package var body: [UInt8]

    package init(head: CurlResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}
