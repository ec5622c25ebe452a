/// An error as the client receives it (RFC 9457, `application/problem+json`).
public struct Problem: Error, Hashable, Sendable {
    /// The kind of error. Programs should use this; titles and details are for people and may change.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The body is not JSON; `detail` gives the line and column.
        case malformedJSON = "malformed_json"
        /// The request parses but a value is missing or out of bounds; `errors` lists the fields.
        case invalidRequest = "invalid_request"
        /// The token is missing or invalid, or the password is wrong.
        case unauthenticated
        /// The token has expired.
        case tokenExpired = "token_expired"
        /// The token is valid but does not permit this operation.
        case forbidden
        /// The platform has banned the user.
        case userBanned = "user_banned"
        /// The callee does not receive calls from this user.
        case callNotPermitted = "call_not_permitted"
        /// A change of the password was requested with a wrong old password.
        case wrongPassword = "wrong_password"
        /// Another device of the user takes part in the call.
        case notAParticipant = "not_a_participant"
        /// The resource does not exist, or is not visible to this user.
        case notFound = "not_found"
        /// No user has this identifier.
        case userNotFound = "user_not_found"
        /// The identifier is, or once was, in use.
        case userExists = "user_exists"
        /// The resource has no such method; `Allow` lists those it has.
        case methodNotAllowed = "method_not_allowed"
        /// The response is not available in a media type that `Accept` lists.
        case notAcceptable = "not_acceptable"
        /// The state of the call does not permit it; `callState` is that state.
        case invalidTransition = "invalid_transition"
        /// No device has accepted the call, so there is nothing to negotiate yet.
        case notAccepted = "not_accepted"
        /// Another device of the user accepted the call first.
        case alreadyAccepted = "already_accepted"
        /// An earlier offer has not been answered.
        case negotiationPending = "negotiation_pending"
        /// A newer negotiation has begun, or this one has ended.
        case staleNegotiation = "stale_negotiation"
        /// The `Idempotency-Key` was used with a different body.
        case idempotencyMismatch = "idempotency_mismatch"
        /// The log no longer holds this position. Continue from a snapshot.
        case cursorExpired = "cursor_expired"
        /// The body, or a part of it, exceeds its limit.
        case payloadTooLarge = "payload_too_large"
        /// The body is not `application/json`.
        case unsupportedMediaType = "unsupported_media_type"
        /// Too many requests; `Retry-After` says how long to wait.
        case rateLimited = "rate_limited"
        /// The device has reached its limit of open polls, streams and sockets.
        case tooManyConnections = "too_many_connections"
        /// Caller and callee are the same user.
        case callSelf = "call_self"
        /// The server is shutting down.
        case draining
        /// The server can't write to its database: the disk is full or failing, or the database has reached its maximum
        /// size.
        case storageUnavailable = "storage_unavailable"
        /// The keys that a platform's tokens are verified with can't be fetched at the moment.
        case keysUnavailable = "keys_unavailable"
        /// An unexpected error in the server.
        case `internal`
    }

    /// A field of the request and what is wrong with it.
    public struct FieldError: Hashable, Sendable, Codable {
        /// The member's path, as in `candidates[3].candidate`, or the parameter's name.
        public var field: String
        /// What is wrong, in words.
        public var message: String

        /// Creates an error for one field.
        public init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    /// The kind of error.
    public var code: Code
    /// The HTTP status.
    public var status: Int
    /// What is wrong with this request, in English.
    public var detail: String
    /// The state of the call, if that is why the request failed.
    public var callState: Call.State?
    /// The fields that are wrong; empty if the error is not about fields.
    public var errors: [FieldError]
    /// For 429 and 503: the seconds to wait before retrying (RFC 9110, section 10.2.3).
    public var retryAfterSeconds: Int?
    /// The limit that was exceeded.
    package var rateLimit: RateLimit?

    /// A limit that was exceeded, for the fields `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers).
    package struct RateLimit: Hashable, Sendable {
        /// What is limited.
        package var policy: String
        /// The number of requests in the window.
        package var quota: Int
        package var windowSeconds: Int

        package init(policy: String, quota: Int, windowSeconds: Int) {
            self.policy = policy
            self.quota = quota
            self.windowSeconds = windowSeconds
        }
    }

    /// Creates a problem. The status is that of the code unless another is given.
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

    /// Creates a problem for a request in which `field` is wrong: 422, with the field in `errors`.
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
        case .forbidden, .userBanned, .callNotPermitted, .wrongPassword, .notAParticipant: 403
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
        case .draining, .storageUnavailable, .keysUnavailable: 503
        }
    }

    /// Whether the same request may succeed later, unchanged.
    public var isRetryable: Bool {
        switch self {
        case .negotiationPending, .rateLimited, .tooManyConnections, .draining, .storageUnavailable, .keysUnavailable,
            .internal:
            true
        default: false
        }
    }

    /// A short summary, the same for every problem with this code.
    public var title: String {
        switch self {
        case .malformedJSON: "The body is not valid JSON"
        case .invalidRequest: "The request is invalid"
        case .unauthenticated: "Not authenticated"
        case .tokenExpired: "The token has expired"
        case .forbidden: "Not permitted"
        case .userBanned: "The user is banned"
        case .callNotPermitted: "The user does not receive this call"
        case .wrongPassword: "The old password is wrong"
        case .notAParticipant: "This device is not a participant in the call"
        case .notFound: "Not found"
        case .userNotFound: "The user does not exist"
        case .userExists: "The user identifier is taken"
        case .methodNotAllowed: "Method not allowed"
        case .notAcceptable: "Not available in an accepted media type"
        case .invalidTransition: "Not possible in the current state of the call"
        case .notAccepted: "The call has not been accepted"
        case .alreadyAccepted: "Another device has accepted the call"
        case .negotiationPending: "A negotiation is pending"
        case .staleNegotiation: "The negotiation is out of date"
        case .idempotencyMismatch: "The idempotency key was used for a different request"
        case .cursorExpired: "The cursor has expired"
        case .payloadTooLarge: "The request is too large"
        case .unsupportedMediaType: "Unsupported media type"
        case .rateLimited: "Too many requests"
        case .tooManyConnections: "Too many connections"
        case .callSelf: "Caller and callee are the same user"
        case .draining: "The server is shutting down"
        case .storageUnavailable: "The database is unavailable"
        case .keysUnavailable: "The platform's keys are unavailable"
        case .internal: "Internal server error"
        }
    }
}

extension Problem: JSONWritable {
    package func write(to json: inout JSONWriter) { write(to: &json, under: "") }

    /// - Parameter basePath: The path prefix under which a proxy exposes the server.
    package func write(to json: inout JSONWriter, under basePath: String) {
        json.object { json in
            json.field("type", "\(basePath)/docs#problem-\(code.rawValue)")
            json.field("title", code.title)
            json.field("status", status)
            json.field("detail", detail)
            json.field("code", code.rawValue)
            json.field("retryable", code.isRetryable)
            json.optionalField("callState", callState?.rawValue)
            if !errors.isEmpty { json.field("errors", errors) }
        }
    }

    package func json(under basePath: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: expectedSize)
        write(to: &writer, under: basePath)
        return writer.finish()
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
