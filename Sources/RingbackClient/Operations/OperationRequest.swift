import RingbackModel

/// One call of an operation, with everything that it needs.
struct OperationRequest: Sendable {
    var operation: APIOperation
    /// What stands for the names in braces, in their order.
    var path: [String] = []
    var query: [(name: String, value: String)] = []
    var body: [UInt8]?
    var key: IdempotencyKey?
    /// Instead of the session's.
    var token: String?
    /// Beyond the usual time.
    var extraTime: Duration = .zero

    init(_ operation: APIOperation, _ path: String...) {
        self.operation = operation
        self.path = path
    }

    /// With a body.
    init(_ operation: APIOperation, _ path: String..., body: (inout JSONWriter) -> Void) {
        self.operation = operation
        self.path = path
        var json = JSONWriter()
        json.object(body)
        self.body = json.finish()
    }

    /// With a key, a fresh one if none was given.
    func with(_ key: IdempotencyKey?) -> OperationRequest {
        var request = self
        request.key = key ?? .random()
        return request
    }

    /// With a parameter, if it has a value.
    func with(_ name: String, _ value: String?) -> OperationRequest {
        guard let value else { return self }
        var request = self
        request.query.append((name, value))
        return request
    }

    /// The path and the query.
    var target: String {
        var values = path.makeIterator()
        let segments = operation.route.path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? BaseURL.encode(values.next() ?? "") : String(segment)
        }
        let parameters = query.map { "\($0.name)=\(BaseURL.encode($0.value))" }.joined(separator: "&")
        return "/" + segments.joined(separator: "/") + (parameters.isEmpty ? "" : "?\(parameters)")
    }
}
