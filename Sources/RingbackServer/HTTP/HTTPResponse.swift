import RingbackCore
import RingbackModel

/// An answer over HTTP with a body of a known length, before the fields that every answer has.
struct HTTPResponse: Sendable {
    var status: Int
    /// `nil` without a body.
    var contentType: String?
    var body: [UInt8] = []
    var cacheControl = "no-store"
    /// Fields of this answer alone.
    var fields: [(name: String, value: String)] = []

    init(_ status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ answer: Answer) {
        self.init(answer.status, contentType: answer.status == 204 ? nil : "application/json", body: answer.body)
        if let location = answer.location { fields.append(("Location", location)) }
    }

    /// RFC 9457.
    init(_ problem: Problem) {
        self.init(problem.status, contentType: "application/problem+json", body: problem.json)
        if problem.status == 401 {
            let challenge =
                problem.code == .tokenExpired ? #"Bearer error="invalid_token", error_description="expired""# : "Bearer"
            fields.append(("WWW-Authenticate", challenge))
        }
        if let seconds = problem.retryAfterSeconds { fields.append(("Retry-After", "\(seconds)")) }
    }

    /// 405 with the methods there are (RFC 9110, section 15.5.6).
    static func methodNotAllowed(_ methods: [String]) -> HTTPResponse {
        let list = methods.joined(separator: ", ")
        var response = HTTPResponse(Problem(.methodNotAllowed, "This resource supports \(list)."))
        response.fields.append(("Allow", list))
        return response
    }

    /// 426 for a request that should have asked for a WebSocket (RFC 9110, section 15.5.22).
    static func upgradeRequired(_ detail: String) -> HTTPResponse {
        var response = HTTPResponse(Problem(.invalidRequest, detail, status: 426))
        response.fields += [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        return response
    }
}
