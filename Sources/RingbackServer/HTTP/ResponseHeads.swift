import Foundation
import NIOHTTP1
import RingbackModel
import Synchronization

/// Builds the heads of all responses. Nothing else decides about their header fields.
final class ResponseHeads: Sendable {
    /// For browsers, in every response: it is what its type says, sends no referrer, and if it is opened as a page, it
    /// is in no frame and has no forms. Pages have a policy of their own.
    private static let safety: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        (policy, "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        (resourcePolicy, "same-origin"),
    ]
    static let policy = "Content-Security-Policy"
    /// Who may embed a response without asking by CORS.
    static let resourcePolicy = "Cross-Origin-Resource-Policy"

    private let allowedOrigins: AllowedOrigins
    private let date = Mutex<(second: Int64, text: String)>((0, ""))

    init(allowedOrigins: AllowedOrigins) { self.allowedOrigins = allowedOrigins }

    /// - Parameter closes: Whether the connection ends after this response.
    func head(
        of response: HTTPResponse, to fields: RequestFields?, isHTTP10: Bool, closes: Bool
    ) -> ResponseHead {
        var head = ResponseHead(status: response.status)
        head.fields.reserveCapacity(12 + response.fields.count)
        if let contentType = response.contentType { head.fields.append(("Content-Type", contentType)) }
        if response.status != 204, response.status != 304 {
            head.fields.append(("Content-Length", String(response.body.count)))
        }
        head.fields += response.fields
        head.fields.append(("Cache-Control", response.cacheControl))
        finish(&head, fields, own: response.fields, isHTTP10: isHTTP10, closes: closes)
        return head
    }

    /// The head of an event stream (WHATWG HTML, section 9.2), which has no known length.
    func streamHead(to fields: RequestFields, isHTTP10: Bool, closes: Bool) -> ResponseHead {
        var head = ResponseHead(
            status: 200, isHTTP10: isHTTP10,
            fields: [
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"),
                // Tells nginx not to buffer the stream.
                ("X-Accel-Buffering", "no"),
            ])
        // Without chunked encoding, the end of the connection is the end of the stream.
        if !isHTTP10 { head.fields.append(("Transfer-Encoding", "chunked")) }
        finish(&head, fields, own: [], isHTTP10: isHTTP10, closes: closes)
        return head
    }

    /// Adds the fields that every response has.
    ///
    /// - Parameter own: Fields of the response that take the place of common ones.
    private func finish(
        _ head: inout ResponseHead, _ fields: RequestFields?, own: [(name: String, value: String)], isHTTP10: Bool,
        closes: Bool
    ) {
        if !allowedOrigins.isEmpty { head.fields.append(("Vary", "Origin")) }
        if let origin = fields?.origin, allowedOrigins.contains(origin),
            !own.contains(where: { $0.name == Self.allowOrigin })
        {
            head.fields.append((Self.allowOrigin, origin))
            head.fields.append(("Access-Control-Expose-Headers", "location, retry-after, ratelimit, ratelimit-policy"))
        }
        for field in Self.safety where !own.contains(where: { $0.name == field.name }) { head.fields.append(field) }
        head.fields.append(("Date", currentDate()))
        if let options = connectionOptions(head.status, isHTTP10: isHTTP10, closes: closes) {
            head.fields.append(("Connection", options))
        }
    }

    /// The `Connection` field (RFC 9110, section 7.6.1).
    private func connectionOptions(_ status: Int, isHTTP10: Bool, closes: Bool) -> String? {
        switch (status, closes) {
        case (426, true): "upgrade, close"
        case (426, false): "upgrade"
        case (_, true): "close"
        case (_, false): isHTTP10 ? "keep-alive" : nil
        }
    }

    // MARK: Responses that are not final

    /// Asks for the body of a request (RFC 9110, section 15.2.1).
    static let `continue` = ResponseHead(status: 100)

    /// The end of HTTP on a connection (RFC 9110, section 15.2.2).
    ///
    /// - Parameter handshake: The fields of the new protocol.
    static func switchingProtocols(_ handshake: HTTPHeaders) -> ResponseHead {
        ResponseHead(status: 101, fields: handshake.map { ($0.name, $0.value) } + safety)
    }

    // MARK: CORS

    private static let allowOrigin = "Access-Control-Allow-Origin"

    /// The response to a preflight request of an allowed origin (WHATWG Fetch, section 3.3.3); `nil` for other
    /// requests.
    func preflight(_ method: HTTPMethod, _ fields: RequestFields) -> HTTPResponse? {
        guard method == .OPTIONS, fields.requestedMethod != nil, let origin = fields.origin,
            allowedOrigins.contains(origin)
        else {
            return nil
        }
        var response = HTTPResponse(204)
        response.fields = [
            ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"),
            (
                "Access-Control-Allow-Headers",
                "authorization, cache-control, content-type, idempotency-key, last-event-id, ringback-device"
            ),
            ("Access-Control-Max-Age", "86400"),
        ]
        return response
    }

    // MARK: Date

    /// The current time in the format of RFC 9110, section 5.6.7.
    private func currentDate() -> String {
        let second = Int64(Date().timeIntervalSince1970)
        return date.withLock { date in
            if date.second != second { date = (second, Self.text(of: second)) }
            return date.text
        }
    }

    private static func text(of second: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let moment = Timestamp(milliseconds: second * 1000).description
        func digits(_ range: Range<Int>) -> Substring { moment.dropFirst(range.lowerBound).prefix(range.count) }
        let month = months[(Int(digits(5..<7)) ?? 1) - 1]
        return "\(days[Int(second / 86_400 % 7)]), \(digits(8..<10)) \(month) \(digits(0..<4)) \(digits(11..<19)) GMT"
    }
}
