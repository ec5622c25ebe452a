internal import CLibcurl

/// A failure to get a response.
package enum CurlError: Error, Sendable, Hashable {
    /// The kind of failure and a description, usually libcurl's message.
    case failed(Kind, String)
    /// The response, or its head, is longer than the request allows.
    case tooLong(CurlResponseHead, String)

    /// The kinds of failures.
    package enum Kind: Sendable, Hashable {
        /// The name of the host or of the proxy could not be resolved.
        case nameNotFound
        /// No connection to the address could be established.
        case unreachable
        /// The address is not public, and the request allows only public addresses.
        case addressNotAllowed
        /// The certificate is not trusted or is for another host, or the TLS handshake failed.
        case tls
        /// A timeout was exceeded.
        case timedOut
        /// The connection was lost.
        case connectionLost
        /// The response is not HTTP.
        case notHTTP
        /// The proxy or the URL cannot be used.
        case proxy
        /// Any other failure.
        case other
    }

    static let noMemory = CurlError.failed(.other, "libcurl could not be initialized")
    package static let proxyWantsPassword = CurlError.failed(
        .proxy, "the proxy requires a user and a password, or rejects those it was given (407)")
}

extension CurlError.Kind {
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .nameNotFound
        case CURLE_COULDNT_CONNECT: self = .unreachable
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS:
            self = .tls
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING,
            // Also libcurl's code for headers that are too long.
            CURLE_OUT_OF_MEMORY:
            self = .notHTTP
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: self = .connectionLost
        case CURLE_PROXY, CURLE_URL_MALFORMAT: self = .proxy
        default: self = .other
        }
    }
}
