internal import CLibcurl

/// Why a transfer has no answer.
package enum CurlError: Error, Sendable, Hashable {
    /// What failed, and a sentence about it: mostly libcurl's message.
    case failed(Kind, String)
    /// The answer, or its head, is longer than the request allows.
    case tooLong(CurlResponseHead, String)

    /// What failed.
    package enum Kind: Sendable, Hashable {
        /// The host's or the proxy's name has no address.
        case nameNotFound
        /// Nothing answers at the address.
        case unreachable
        /// The address is not public, and the request allows only those.
        case addressNotAllowed
        /// The certificate is not trusted or is another host's, or the two have no TLS in common.
        case tls
        /// It took too long.
        case timedOut
        /// The connection broke in the middle.
        case connectionLost
        /// What answered is not HTTP.
        case notHTTP
        /// The proxy or the URL is not usable.
        case proxy
        /// Anything else.
        case other
    }

    static let noMemory = CurlError.failed(.other, "libcurl could not be set up")
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
            // libcurl's code for headers that are too long.
            CURLE_OUT_OF_MEMORY:
            self = .notHTTP
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: self = .connectionLost
        case CURLE_PROXY, CURLE_URL_MALFORMAT: self = .proxy
        default: self = .other
        }
    }
}
