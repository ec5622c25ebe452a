import RingbackModel

/// A request: an operation and its parameters, body, key and token.
struct APIRequest: Sendable {
    var operation: APIOperation
    /// The values of the path parameters, in order.
    var path: [String] = []
    var query: [(name: String, value: String)] = []
    var body: [UInt8]?
    var key: IdempotencyKey?
    /// A token to use instead of the session's.
    var token: String?
    /// Time allowed in addition to the request timeout.
    var extraTime: Duration = .zero

    init(_ operation: APIOperation, _ path: String...) {
        self.operation = operation
        self.path = path
    }

    /// Creates a request with a body.
    init(_ operation: APIOperation, _ path: String..., body: (inout JSONWriter) -> Void) {
        self.operation = operation
        self.path = path
        var json = JSONWriter()
        json.object(body)
        self.body = json.finish()
    }

    /// Adds a key, a random one if `key` is nil.
    func with(_ key: IdempotencyKey?) -> APIRequest {
        var request = self
        request.key = key ?? .random()
        return request
    }

    /// Adds a query parameter, unless `value` is nil.
    func with(_ name: String, _ value: String?) -> APIRequest {
        guard let value else { return self }
        var request = self
        request.query.append((name, value))
        return request
    }

    /// Path and query.
    var target: String {
        var values = path.makeIterator()
        let segments = operation.route.path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? BaseURL.encode(values.next() ?? "") : String(segment)
        }
        let parameters = query.map { "\($0.name)=\(BaseURL.encode($0.value))" }.joined(separator: "&")
        return "/" + segments.joined(separator: "/") + (parameters.isEmpty ? "" : "?\(parameters)")
    }
}
