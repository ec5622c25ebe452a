import RingbackCore
import RingbackModel

/// A response with a body of known length, without the header fields that every response has.
struct HTTPResponse: Sendable {
    var status: Int
    /// `nil` if there is no body.
    var contentType: String?
    var body: [UInt8] = []
    var cacheControl = "no-store"
    /// Header fields of this response only.
    var fields: [(name: String, value: String)] = []
    /// The problem in the body. Its `type` depends on the base path and is known only when the response is written.
    private var problem: StoredProblem?
    /// The path of the created resource.
    private var location: String?

    init(_ status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ answer: Answer) {
        self.init(answer.status, contentType: answer.status == 204 ? nil : "application/json", body: answer.body)
        location = answer.location
    }

    /// A problem response (RFC 9457).
    init(_ problem: Problem) {
        self.init(problem.status, contentType: "application/problem+json", body: [])
        self.problem = .problem(problem)
        if problem.status == 401 {
            let challenge =
                problem.code == .tokenExpired ? #"Bearer error="invalid_token", error_description="expired""# : "Bearer"
            fields.append(("WWW-Authenticate", challenge))
        }
        if let seconds = problem.retryAfterSeconds { fields.append(("Retry-After", "\(seconds)")) }
        if let limit = problem.rateLimit {
            fields += [
                ("RateLimit-Policy", "\"\(limit.policy)\";q=\(limit.quota);w=\(limit.windowSeconds)"),
                ("RateLimit", "\"\(limit.policy)\";r=0;t=\(problem.retryAfterSeconds ?? limit.windowSeconds)"),
            ]
        }
    }

    /// 308 (RFC 9110, section 15.4.9).
    ///
    /// - Parameter reference: Relative to the path of the request.
    static func redirect(to reference: String) -> HTTPResponse {
        var response = HTTPResponse(308)
        response.fields.append(("Location", reference))
        return response
    }

    /// Writes the parts that contain paths of the server.
    mutating func resolve(under basePath: BasePath) {
        if case .problem(let problem) = problem { body = problem.json(under: basePath.text) }
        if let location { fields.append(("Location", basePath.text + location)) }
        (problem, location) = (nil, nil)
    }

    /// 405 with the supported methods (RFC 9110, section 15.5.6).
    static func methodNotAllowed(_ methods: [String]) -> HTTPResponse {
        let list = methods.joined(separator: ", ")
        var response = HTTPResponse(Problem(.methodNotAllowed, "This resource supports \(list)."))
        response.fields.append(("Allow", list))
        return response
    }

    /// 426 for a request that must ask for a WebSocket (RFC 9110, section 15.5.22).
    static func upgradeRequired(_ detail: String) -> HTTPResponse {
        var response = HTTPResponse(Problem(.invalidRequest, detail, status: 426))
        response.fields += [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        return response
    }
}

/// A problem behind a reference: it is large, and few responses have one.
private indirect enum StoredProblem: Sendable {
    case problem(Problem)
}
