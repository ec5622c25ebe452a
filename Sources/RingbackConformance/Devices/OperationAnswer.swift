package import RingbackModel

/// The answer to an operation, over any transport.
package struct OperationAnswer: Sendable, CustomStringConvertible {
    package let operation: APIOperation
    package let status: Int
    /// The body, or the `data` or `error` of the message.
    package let json: JSONSlice?
    /// Only over HTTP.
    package let location: String?
    /// Only over HTTP.
    package let contentType: String?

    init(_ operation: APIOperation, _ response: WireResponse) {
        self.operation = operation
        status = response.status
        json = response.json
        location = response.header("location")
        contentType = response.header("content-type")
    }

    /// - Parameter frame: `{"id","status","data"}` or `{"id","status","error"}`.
    init(_ operation: APIOperation, frame: JSONSlice) throws {
        guard let status = frame.number("status") else {
            throw WireError.unexpected("an answer over the WebSocket has no status: \(frame.excerpt)")
        }
        self.operation = operation
        self.status = status
        json = frame["error"] ?? frame["data"]
        location = nil
        contentType = nil
        guard (frame["error"] != nil) == (status >= 400) else {
            throw WireError.unexpected(
                "an answer has `error` if and only if its status is 400 or more: \(frame.excerpt)")
        }
    }

    package var description: String { "\(operation.rawValue) → \(status) \(json?.excerpt ?? "")" }
}

extension OperationAnswer {
    /// Returns the JSON of the answer if it has the expected status.
    ///
    /// - Throws: ``ConformanceFailure`` with the whole answer if it has another status.
    @discardableResult
    package func expect(_ status: Int, at place: Place = #line) throws -> JSONSlice {
        guard self.status == status else {
            throw ConformanceFailure("expected \(status), got \(self)", at: place)
        }
        return try json ?? JSONSlice(parsing: Array("{}".utf8))
    }

    /// Returns the call in the answer if status and state are as expected.
    @discardableResult
    package func expectCall(_ state: Call.State, status: Int = 200, at place: Place = #line) throws -> CallView {
        let call = try CallView(expect(status, at: place), at: place)
        guard call.state == state.rawValue else {
            throw ConformanceFailure("expected the call to be \(state.rawValue), got \(self)", at: place)
        }
        return call
    }
}
