/// What went wrong, for the one who asked (RFC 9457, `application/problem+json`).
public struct Problem: Error, Hashable, Sendable {
    /// What programs go by; the words are for people.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The body is not JSON; the detail names the place.
        case malformedJSON = "malformed_json"
        /// It parses and does not fit; `errors` says where.
        case invalidRequest = "invalid_request"
        /// There is no valid token, or user and password don't fit.
        case unauthenticated
        /// The token was valid once.
        case tokenExpired = "token_expired"
        /// The token is valid and not enough for this.
        case forbidden
        /// Another device of the user has the call.
        case notAParticipant = "not_a_participant"
        /// There is no such thing, or it is none of the asker's business.
        case notFound = "not_found"
        /// There is no such user.
        case userNotFound = "user_not_found"
        /// The name is taken, or was at some time.
        case userExists = "user_exists"
        /// The resource knows other methods; `Allow` names them.
        case methodNotAllowed = "method_not_allowed"
        /// The answer does not come in the form that was asked for.
        case notAcceptable = "not_acceptable"
        /// The call's state does not allow it; `callState` says what it is.
        case invalidTransition = "invalid_transition"
        /// No device has picked up: nothing is negotiated before.
        case notAccepted = "not_accepted"
        /// Another device was faster.
        case alreadyAccepted = "already_accepted"
        /// The other side's offer has to be answered first.
        case negotiationPending = "negotiation_pending"
        /// A newer negotiation has begun.
        case staleNegotiation = "stale_negotiation"
        /// The same `Idempotency-Key` came with another body.
        case idempotencyMismatch = "idempotency_mismatch"
        /// The log has no such place any more: begin with a snapshot.
        case cursorExpired = "cursor_expired"
        /// The body, or a part of it, is too long.
        case payloadTooLarge = "payload_too_large"
        /// The body is not `application/json`.
        case unsupportedMediaType = "unsupported_media_type"
        /// Too many requests; `Retry-After` says how long to wait.
        case rateLimited = "rate_limited"
        /// The device has as many polls, streams and sockets open as it may.
        case tooManyConnections = "too_many_connections"
        /// Caller and callee are the same user.
        case callSelf = "call_self"
        /// The server is about to stop.
        case draining
        /// The server can't write, for its disk is full or fails.
        case storageUnavailable = "storage_unavailable"
        /// The server has failed.
        case `internal`
    }

    /// One field of the request and what does not fit about it.
    public struct FieldError: Hashable, Sendable, Codable {
        /// The member's path, as in `candidates[3].candidate`, or the parameter's name.
        public var field: String
        /// What does not fit, in words.
        public var message: String

        /// A field and what does not fit about it.
        public init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    /// What went wrong, for programs.
    public var code: Code
    /// The HTTP status.
    public var status: Int
    /// What went wrong this time, for people.
    public var detail: String
    /// The state of the call that the request did not fit.
    public var callState: Call.State?
    /// The fields that do not fit.
    public var errors: [FieldError]
    /// For 429 and 503: seconds after which another try makes sense (RFC 9110, section 10.2.3).
    public var retryAfterSeconds: Int?

    /// A problem with the words for the one who asked; `status` is the code's own unless another is given.
    public init(
        _ code: Code, _ detail: String, status: Int? = nil, callState: Call.State? = nil, errors: [FieldError] = [],
        retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.status = status ?? code.status
        self.detail = detail
        self.callState = callState
        self.errors = errors
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// A request that parses and does not fit: 422 with the field.
    public static func invalid(_ field: String, _ message: String) -> Problem {
        Problem(.invalidRequest, "\(field): \(message)", errors: [FieldError(field: field, message: message)])
    }
}

extension Problem.Code {
    /// The HTTP status (RFC 9110, section 15).
    public var status: Int {
        switch self {
        case .malformedJSON: 400
        case .unauthenticated, .tokenExpired: 401
        case .forbidden, .notAParticipant: 403
        case .notFound, .userNotFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .userExists, .invalidTransition, .notAccepted, .alreadyAccepted, .negotiationPending, .staleNegotiation:
            409
        case .cursorExpired: 410
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .invalidRequest, .idempotencyMismatch, .callSelf: 422
        case .rateLimited, .tooManyConnections: 429
        case .internal: 500
        case .draining, .storageUnavailable: 503
        }
    }

    /// Whether the same request may succeed later without a change.
    public var isRetryable: Bool {
        switch self {
        case .negotiationPending, .rateLimited, .tooManyConnections, .draining, .storageUnavailable, .internal: true
        default: false
        }
    }

    /// A short sentence that is the same for every problem of this code.
    public var title: String {
        switch self {
        case .malformedJSON: "The body is not JSON"
        case .invalidRequest: "The request does not fit"
        case .unauthenticated: "Who are you?"
        case .tokenExpired: "The token has expired"
        case .forbidden: "This is not yours to do"
        case .notAParticipant: "This device does not take part in the call"
        case .notFound: "There is nothing here"
        case .userNotFound: "There is no such user"
        case .userExists: "The name is taken"
        case .methodNotAllowed: "The resource does not know this method"
        case .notAcceptable: "None of the accepted media types can be had"
        case .invalidTransition: "The call is in another state"
        case .notAccepted: "Nobody has accepted the call"
        case .alreadyAccepted: "Another device has accepted the call"
        case .negotiationPending: "A negotiation is open"
        case .staleNegotiation: "The negotiation is over"
        case .idempotencyMismatch: "The key was used for another request"
        case .cursorExpired: "The cursor is gone"
        case .payloadTooLarge: "The request is too large"
        case .unsupportedMediaType: "The body has the wrong media type"
        case .rateLimited: "Too many requests"
        case .tooManyConnections: "Too many connections"
        case .callSelf: "A call needs two"
        case .draining: "The server is about to stop"
        case .storageUnavailable: "The server can't write at the moment"
        case .internal: "Something went wrong on the server"
        }
    }
}

extension Problem: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", "/docs#problem-\(code.rawValue)")
            json.field("title", code.title)
            json.field("status", status)
            json.field("detail", detail)
            json.field("code", code.rawValue)
            json.field("retryable", code.isRetryable)
            json.optionalField("callState", callState?.rawValue)
            if !errors.isEmpty { json.field("errors", errors) }
        }
    }
}

extension Problem.FieldError: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("field", field)
            json.field("message", message)
        }
    }
}
