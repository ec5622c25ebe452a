import NIOHTTP1
import RingbackModel

/// The header fields of a request that the server uses, read in one pass.
struct RequestFields {
    private(set) var hosts = 0
    private(set) var host: String?
    private(set) var authorization: String?
    private(set) var contentLength: String?
    private(set) var contentType: String?
    private(set) var contentEncoding: String?
    private(set) var transferEncoding: String?
    private(set) var expect: String?
    private(set) var accept: String?
    private(set) var idempotencyKey: String?
    private(set) var lastEventID: String?
    private(set) var origin: String?
    private(set) var requestedMethod: String?
    private(set) var acceptEncoding: String?
    private(set) var ifNoneMatch: String?
    private(set) var forwardedPrefix: String?
    private(set) var forwardedFor: String?
    private(set) var fetchSite: String?
    private(set) var forwarded: String?
    /// The device that a token of a platform stands for, when the token names none.
    private(set) var device: String?
    private var authorizations = 0

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            switch name.lowercased() {
            case "host":
                hosts += 1
                host = value
            case "authorization":
                authorizations += 1
                authorization = value
            case "content-length": contentLength = value
            case "content-type": Self.join(value, to: &contentType)
            case "content-encoding": Self.join(value, to: &contentEncoding)
            case "transfer-encoding": Self.join(value, to: &transferEncoding)
            case "expect": Self.join(value, to: &expect)
            case "accept": Self.join(value, to: &accept)
            case "idempotency-key": Self.join(value, to: &idempotencyKey)
            case "last-event-id": lastEventID = value
            case "origin": Self.join(value, to: &origin)
            case "access-control-request-method": requestedMethod = value
            case "accept-encoding": Self.join(value, to: &acceptEncoding)
            case "if-none-match": Self.join(value, to: &ifNoneMatch)
            case "x-forwarded-prefix": forwardedPrefix = value
            case "sec-fetch-site": fetchSite = value
            case "x-forwarded-for": Self.join(value, to: &forwardedFor)
            case "forwarded": Self.join(value, to: &forwarded)
            case "ringback-device": device = value
            default: break
            }
        }
    }

    /// Joins repeated fields with commas (RFC 9110, section 5.3).
    private static func join(_ value: String, to known: inout String?) {
        known = known.map { $0 + ", " + value } ?? value
    }

    /// The token of `Authorization: Bearer …`; `nil` without such a field, or with several.
    var token: String? { authorizations == 1 ? authorization.flatMap(BearerToken.parse) : nil }

    // MARK: Checks

    /// Checks that apply to every request.
    ///
    /// - Throws: ``Problem`` with 400, 417 or 501, after which the end of the request is unknown.
    func checkFraming(_ version: HTTPVersion) throws(Problem) {
        guard hosts == 1 || hosts == 0 && version == .http1_0 else {
            throw Problem(
                .invalidRequest, "A request must have one Host field (RFC 9112, section 3.2), not \(hosts).",
                status: 400)
        }
        if let transferEncoding, !transferEncoding.isCase(of: "chunked") {
            throw Problem(.invalidRequest, "The only supported transfer coding is chunked.", status: 501)
        }
        if let expect, !expect.isCase(of: "100-continue") {
            throw Problem(.invalidRequest, "The only supported expectation is 100-continue.", status: 417)
        }
    }

    /// Checks that the client accepts the media type of the response (RFC 9110, section 12.5.1).
    ///
    /// - Throws: ``Problem`` `not_acceptable`.
    func checkAccepts(_ type: String) throws(Problem) {
        guard let accept, !accept.hasSameBytes(as: "*/*"), !accept.hasSameBytes(as: type) else { return }
        let ranges = accept.utf8.split(separator: UInt8(ascii: ",")).map { Self.essence(Substring($0)) }
        let fitting = [type, type.prefix { $0 != "/" } + "/*", "*/*"]
        guard ranges.isEmpty || ranges.contains(where: { range in fitting.contains { range.isCase(of: $0) } }) else {
            throw Problem(.notAcceptable, "The resource has the type \(type), which Accept does not include.")
        }
    }

    /// Checks that a body is declared as JSON.
    ///
    /// - Throws: ``Problem`` `unsupported_media_type`.
    func checkIsJSON() throws(Problem) {
        if let contentEncoding, !contentEncoding.isCase(of: "identity") {
            throw Problem(.unsupportedMediaType, "Send the body without a Content-Encoding.")
        }
        let isJSON = contentType.map { type in
            type.hasSameBytes(as: "application/json") || Self.essence(type).isCase(of: "application/json")
        }
        guard isJSON == true else {
            throw Problem(.unsupportedMediaType, "Send the body as application/json.")
        }
    }

    /// - Throws: ``Problem`` `payload_too_large` for a body whose length is beyond `limit`.
    func checkLength(_ limit: Int) throws(Problem) {
        guard let contentLength else { return }
        guard let length = Int(contentLength), length <= limit else { throw Self.tooLarge(limit) }
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(.payloadTooLarge, "The body of this request may have \(limit) bytes.")
    }

    /// A media type or range without parameters and white space (RFC 9110, section 8.3.1).
    private static func essence(_ field: some StringProtocol) -> Substring {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let type = field.utf8.prefix { $0 != UInt8(ascii: ";") }.drop(while: isSpace)
        return Substring(decoding: type.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
    }
}

/// `Authorization: Bearer …` (RFC 6750, section 2.1).
enum BearerToken {
    static func parse(_ header: String) -> String? {
        header.readUTF8 { header in
            let (scheme, space) = (header.prefix("bearer".utf8.count), UInt8(ascii: " "))
            let rest = header.dropFirst(scheme.count)
            guard scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }), rest.first == space else { return nil }
            return String(decoding: rest.drop { $0 == space }, as: UTF8.self)
        }
    }
}
