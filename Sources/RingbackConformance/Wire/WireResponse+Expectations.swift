package import RingbackModel

extension WireResponse {
    /// The JSON of the body, if the response has the expected status.
    @discardableResult
    package func expectJSON(_ status: Int, at place: Place = #line) throws -> JSONSlice {
        guard self.status == status, let json else {
            throw ConformanceFailure("expected \(status) with JSON, got \(self)", at: place)
        }
        return json
    }

    /// Checks that the response is a problem (RFC 9457) with `code`, in the format of section 4 of the protocol.
    @discardableResult
    package func expectProblem(_ code: Problem.Code, at place: Place = #line) throws -> JSONSlice {
        guard status == code.status, let json, json.text("code") == code.rawValue else {
            throw ConformanceFailure("expected \(code.status) \(code.rawValue), got \(self)", at: place)
        }
        guard header("content-type")?.hasPrefix("application/problem+json") ?? false else {
            throw ConformanceFailure("a problem has the type application/problem+json: \(headers)", at: place)
        }
        try checkProblemShape(json, status: status, at: place)
        return json
    }
}
