import CurlTransport
import RingbackModel

/// An error of a request or of a sequence of events.
///
/// The only other error thrown is `CancellationError`, when the task is cancelled.
public enum RingbackError: Error, Sendable, Hashable {
    /// The server responded with a problem (RFC 9457).
    case problem(ServerProblem)
    /// The server could not be reached, or the connection failed.
    case transport(TransportFailure)
    /// The response does not follow the protocol, such as a page of a proxy, a redirect or an incomplete response.
    case unexpectedResponse(UnexpectedResponse)
    /// The server closed the WebSocket with a code after which the client must not reconnect.
    case socketClosed(code: UInt16, reason: String)
    /// The request requires a session: sign in first.
    case notSignedIn
    /// An argument is invalid. The text says which.
    case invalidArgument(String)

    /// The code of the server's problem, if this version knows it.
    public var code: Problem.Code? {
        if case .problem(let problem) = self { problem.code } else { nil }
    }

    /// The HTTP status, if there was a response.
    public var status: Int? {
        switch self {
        case .problem(let problem): problem.status
        case .unexpectedResponse(let response): response.status
        default: nil
        }
    }

    /// Whether the same request may succeed later, unchanged.
    public var isRetryable: Bool {
        switch self {
        case .problem(let problem): problem.isRetryable
        case .transport(let failure): failure.kind.isRetryable
        case .unexpectedResponse(let response): (500...599).contains(response.status ?? 0) || response.status == 429
        case .socketClosed, .notSignedIn, .invalidArgument: false
        }
    }

    /// How long the server asks to wait before a retry.
    public var retryAfter: Duration? {
        switch self {
        case .problem(let problem): problem.retryAfter
        case .unexpectedResponse(let response): response.retryAfter
        default: nil
        }
    }
}

extension RingbackError: CustomStringConvertible {
    /// A description for people.
    public var description: String {
        switch self {
        case .problem(let problem): problem.description
        case .transport(let failure): failure.description
        case .unexpectedResponse(let response): response.description
        case .socketClosed(let code, let reason):
            "the server closed the socket with \(code)" + (reason.isEmpty ? "" : " (\(reason))")
        case .notSignedIn: "not signed in"
        case .invalidArgument(let text): text
        }
    }
}

/// A problem (RFC 9457) in a response of the server.
public struct ServerProblem: Sendable, Hashable, CustomStringConvertible {
    /// The code as text. A newer server may send codes for which ``code`` is nil.
    public var codeName: String
    /// The code, if this version knows it.
    public var code: Problem.Code? { Problem.Code(rawValue: codeName) }
    /// The HTTP status.
    public var status: Int
    /// A short summary, the same for every problem with this code.
    public var title: String
    /// What is wrong with this request.
    public var detail: String
    /// Whether the same request may succeed later, unchanged.
    public var isRetryable: Bool
    /// The state of the call, if that is why the request failed.
    public var callState: Call.State?
    /// The fields that are wrong.
    public var errors: [Problem.FieldError]
    /// The `Retry-After` of the response.
    public var retryAfter: Duration?

    /// The code, the status and the detail.
    public var description: String { "\(codeName) (\(status)): \(detail.isEmpty ? title : detail)" }
}

/// A failure to get a response.
public struct TransportFailure: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failures.
    public enum Kind: String, Sendable, Hashable {
        /// The name of the host or of the proxy could not be resolved.
        case nameNotFound
        /// No connection to the address could be established.
        case unreachable
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
        /// Too many requests of this client are waiting; nothing was sent.
        case busy
        /// Any other failure; see the detail.
        case other

        /// Whether a retry may help.
        public var isRetryable: Bool {
            switch self {
            case .nameNotFound, .unreachable, .timedOut, .connectionLost, .busy: true
            case .tls, .notHTTP, .proxy, .other: false
            }
        }
    }

    /// The kind of failure.
    public var kind: Kind
    /// The cause, usually libcurl's message.
    public var detail: String

    /// The same as ``detail``.
    public var description: String { detail }
}

/// A response that does not follow the protocol.
public struct UnexpectedResponse: Sendable, Hashable, CustomStringConvertible {
    /// The HTTP status, if there was one.
    public var status: Int?
    /// The media type of the response.
    public var contentType: String?
    /// The target of a redirect.
    public var location: String?
    /// What is wrong with the response.
    public var reason: String
    /// The `Retry-After` of the response.
    public var retryAfter: Duration?

    /// The status and the reason.
    public var description: String {
        var text = "unexpected answer"
        if let status { text += " with status \(status)" }
        if let location { text += " to \(location)" }
        return "\(text): \(reason)"
    }

    init(_ head: CurlResponseHead?, _ reason: String) {
        status = head.flatMap { $0.status == 0 ? nil : $0.status }
        contentType = head?.contentType
        location = head?.headers["location"].map { String($0.prefix(300)) }
        retryAfter = head?.retryAfter
        self.reason = reason
    }
}
