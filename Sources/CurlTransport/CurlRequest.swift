/// A request as it goes to libcurl.
package struct CurlRequest: Sendable {
    package var method = "GET"
    package var url: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8]?
    /// Over a connection of its own: when one that was kept turns out dead, libcurl sends a request again by itself.
    package var isFresh = false
    /// For the whole transfer; `nil` for a stream.
    package var timeout: Duration?
    /// For a stream: how long it may be silent.
    package var silence: Duration?
    /// Bytes that a collected body may have.
    package var maximumBytes = 16 << 20
    /// How many redirects are followed, each under the same rules; only for GET.
    package var maximumRedirects = 0
    package var options: CurlOptions

    package init(url: String, options: CurlOptions) {
        self.url = url
        self.options = options
    }
}

/// How connections are made.
package struct CurlOptions: Sendable, Hashable {
    /// A file of PEM certificates to trust instead of the system's.
    package var certificateAuthorities: String?
    /// `nil` uses the environment's proxy; an empty string none.
    package var proxy: String?
    /// How long a connection may take to be made, TLS included.
    package var connectTimeout: Duration
    /// Refuses loopback, link-local, private, multicast and reserved addresses, whatever name led to them, also after a redirect.
    ///
    /// It uses no proxy of the environment, since a proxy would connect by rules of its own.
    package var allowsOnlyPublicAddresses = false
    /// HTTP/2, over TLS by ALPN, over plain TCP with prior knowledge. Otherwise HTTP/1.1.
    package var usesHTTP2 = false

    package init(certificateAuthorities: String? = nil, proxy: String? = nil, connectTimeout: Duration = .seconds(10)) {
        self.certificateAuthorities = certificateAuthorities
        self.proxy = proxy
        self.connectTimeout = connectTimeout
    }
}

/// The beginning of an answer.
package struct CurlResponseHead: Sendable, Hashable {
    package var status = 0
    /// By their names in lower case. Of headers with one name the last counts.
    package var headers: [String: String] = [:]

    package init() {}

    /// The media type without its parameters, in lower case.
    package var contentType: String? {
        headers["content-type"]?.split(separator: ";").first.map {
            $0.lowercased().filter { $0 != " " && $0 != "\t" }
        }
    }

    /// Seconds (RFC 9110, section 10.2.3), up to a day. A date is not understood.
    package var retryAfter: Duration? {
        headers["retry-after"].flatMap { Int64($0) }.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil }
    }
}

/// A whole answer.
package struct CurlResponse: Sendable {
    package var head: CurlResponseHead
    package var body: [UInt8]

    package init(head: CurlResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}
