package import RingbackModel

extension OperationAnswer {
    /// Checks that the answer is a problem (RFC 9457) with one of `codes`, in the format of section 4 of the protocol.
    ///
    /// - Parameter callState: The state that the problem must contain.
    @discardableResult
    package func expectProblem(
        _ codes: Problem.Code..., callState: Call.State? = nil, at place: Place = #line
    ) throws -> JSONSlice {
        let wanted = codes.map { "\($0.status) \($0.rawValue)" }.joined(separator: " or ")
        guard let json, let code = json.text("code"),
            codes.contains(where: { $0.rawValue == code && $0.status == status })
        else { throw ConformanceFailure("expected \(wanted), got \(self)", at: place) }
        if let contentType, !contentType.hasPrefix("application/problem+json") {
            throw ConformanceFailure(
                "a problem has the type application/problem+json, not \(contentType): \(self)", at: place)
        }
        try checkProblemShape(json, status: status, at: place)
        if let callState, json.text("callState") != callState.rawValue {
            throw ConformanceFailure("expected \"callState\": \"\(callState.rawValue)\", got \(self)", at: place)
        }
        return json
    }
}

/// Checks the members that every problem has.
func checkProblemShape(_ json: JSONSlice, status: Int, at place: Place = #line) throws {
    for name in ["type", "title", "detail", "code"] where json.text(name)?.isEmpty ?? true {
        throw ConformanceFailure("a problem has a `\(name)`: \(json.excerpt)", at: place)
    }
    guard json.number("status") == status, json.flag("retryable") != nil else {
        throw ConformanceFailure(
            "a problem has its status and says whether it is retryable: \(json.excerpt)", at: place)
    }
    for error in json.list("errors") where error.text("field") == nil || error.text("message") == nil {
        throw ConformanceFailure("each of a problem's errors has a field and a message: \(json.excerpt)", at: place)
    }
}
