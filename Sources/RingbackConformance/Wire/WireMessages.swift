package import NIOHTTP1
package import RingbackModel

/// An HTTP request.
package struct WireRequest: Sendable {
    package var method: HTTPMethod
    /// The target with the query, percent-encoded.
    package var target: String
    package var headers: HTTPHeaders
    package var body: [UInt8]?

    package init(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The same request with `Authorization: Bearer <token>` (RFC 6750).
    package func authorized(by token: String) -> WireRequest {
        var request = self
        request.headers.replaceOrAdd(name: "authorization", value: "Bearer \(token)")
        return request
    }

    /// A request with a JSON body and its `Content-Type`.
    package static func json(_ method: HTTPMethod, _ target: String, _ body: JSONLiteral) -> WireRequest {
        WireRequest(method, target, headers: ["content-type": "application/json"], body: body.utf8)
    }
}

/// A complete HTTP response.
package struct WireResponse: Sendable, CustomStringConvertible {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    /// The first value of a header field.
    package func header(_ name: String) -> String? { headers.first(name: name) }

    /// The body, if it is JSON.
    package var json: JSONSlice? { body.isEmpty ? nil : try? JSONSlice(parsing: body) }

    package var description: String {
        body.isEmpty ? "\(status)" : "\(status) \(String(decoding: body.prefix(600), as: UTF8.self))"
    }
}
