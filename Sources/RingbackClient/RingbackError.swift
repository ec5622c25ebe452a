import CurlTransport
import RingbackModel

/// What goes wrong with a request or with the events.
///
/// Cancelled tasks throw `CancellationError`, everything else this.
public enum RingbackError: Error, Sendable, Hashable {
    /// The server answered with a problem (RFC 9457).
    case problem(ServerProblem)
    /// The server was not reached, or the connection failed.
    case transport(TransportFailure)
    /// What answered does not speak this protocol: a page of a proxy's, a redirect, half an answer.
    case unexpectedResponse(UnexpectedResponse)
    /// The server closed the WebSocket with a code that says not to reconnect.
    case socketClosed(code: UInt16, reason: String)
    /// The request needs a token: sign in first.
    case notSignedIn
    /// An argument can't be sent. The text names it.
    case invalidArgument(String)

    /// The code of the server's problem, if it is one this version knows.
    public var code: Problem.Code? {
        if case .problem(let problem) = self { problem.code } else { nil }
    }

    /// The HTTP status, if there was an answer.
    public var status: Int? {
        switch self {
        case .problem(let problem): problem.status
        case .unexpectedResponse(let response): response.status
        default: nil
        }
    }

    /// Whether the same request may succeed later without a change.
    public var isRetryable: Bool {
        switch self {
        case .problem(let problem): problem.isRetryable
        case .transport(let failure): failure.kind.isRetryable
        case .unexpectedResponse(let response): (500...599).contains(response.status ?? 0) || response.status == 429
        case .socketClosed, .notSignedIn, .invalidArgument: false
        }
    }

    /// How long the server asks to wait before another try.
    public var retryAfter: Duration? {
        switch self {
        case .problem(let problem): problem.retryAfter
        case .unexpectedResponse(let response): response.retryAfter
        default: nil
        }
    }
}

extension RingbackError: CustomStringConvertible {
    /// A sentence for people.
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

/// A problem (RFC 9457) that the server answered with.
public struct ServerProblem: Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, as it stood in the answer. A newer server may have codes that ``code`` does not know.
    public var codeName: String
    /// The code, if this version knows it.
    public var code: Problem.Code? { Problem.Code(rawValue: codeName) }
    /// The HTTP status.
    public var status: Int
    /// The code as a phrase.
    public var title: String
    /// What went wrong this time.
    public var detail: String
    /// Whether the same request may succeed later without a change.
    public var isRetryable: Bool
    /// The state of the call that the request did not fit.
    public var callState: Call.State?
    /// The fields that don't fit.
    public var errors: [Problem.FieldError]
    /// The `Retry-After` of the answer.
    public var retryAfter: Duration?

    /// The code and what went wrong.
    public var description: String { "\(codeName) (\(status)): \(detail.isEmpty ? title : detail)" }
}

/// Why no answer came.
public struct TransportFailure: Sendable, Hashable, CustomStringConvertible {
    /// What failed.
    public enum Kind: String, Sendable, Hashable {
        /// The host's or the proxy's name has no address.
        case nameNotFound
        /// Nothing answers at the address.
        case unreachable
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
        /// Too many requests of this client wait for their turn; nothing was sent.
        case busy
        /// Anything else; see the detail.
        case other

        /// Whether another try may find it better.
        public var isRetryable: Bool {
            switch self {
            case .nameNotFound, .unreachable, .timedOut, .connectionLost, .busy: true
            case .tls, .notHTTP, .proxy, .other: false
            }
        }
    }

    /// What failed.
    public var kind: Kind
    /// What exactly failed, mostly libcurl's message.
    public var detail: String

    /// A sentence for people.
    public var description: String { detail }
}

/// An answer that does not fit the protocol.
public struct UnexpectedResponse: Sendable, Hashable, CustomStringConvertible {
    /// The HTTP status, if there was one.
    public var status: Int?
    /// The media type that the answer had.
    public var contentType: String?
    /// Where a redirect points.
    public var location: String?
    /// What about it does not fit.
    public var reason: String
    /// The `Retry-After` of the answer.
    public var retryAfter: Duration?

    /// The status and what does not fit.
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
