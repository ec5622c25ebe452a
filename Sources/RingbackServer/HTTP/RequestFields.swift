import NIOHTTP1
import RingbackModel

/// The header fields of a request that the server uses.
struct RequestFields {
    private enum Name: String, CaseIterable {
        case host, authorization, expect, accept, origin, forwarded
        case contentLength = "content-length"
        case contentType = "content-type"
        case contentEncoding = "content-encoding"
        case transferEncoding = "transfer-encoding"
        case idempotencyKey = "idempotency-key"
        case lastEventID = "last-event-id"
        case requestedMethod = "access-control-request-method"
        case acceptEncoding = "accept-encoding"
        case ifNoneMatch = "if-none-match"
        case forwardedPrefix = "x-forwarded-prefix"
        case forwardedFor = "x-forwarded-for"
        case fetchSite = "sec-fetch-site"
        case device = "ringback-device"

        static let all = allCases.map { (name: $0, text: $0.rawValue) }

        /// Whether repeated fields are joined with commas (RFC 9110, section 5.3). Otherwise, the last one counts.
        var isList: Bool {
            switch self {
            case .contentType, .contentEncoding, .transferEncoding, .expect, .accept, .idempotencyKey, .origin,
                .acceptEncoding, .ifNoneMatch, .forwardedFor, .forwarded:
                true
            case .host, .authorization, .contentLength, .lastEventID, .requestedMethod, .forwardedPrefix, .fetchSite,
                .device:
                false
            }
        }
    }

    /// In the order in which they arrived. A list, because there are only a few, and because the fields are passed on
    /// often.
    private var values: [(name: Name, value: String)] = []

    init(_ headers: HTTPHeaders) {
        // As many as most requests have.
        values.reserveCapacity(8)
        for (text, value) in headers {
            if let known = Name.all.first(where: { text.isCase(of: $0.text) }) { values.append((known.name, value)) }
        }
    }

    private func count(_ name: Name) -> Int { values.count { $0.name == name } }

    private subscript(name: Name) -> String? {
        guard let last = values.lastIndex(where: { $0.name == name }) else { return nil }
        guard name.isList, count(name) > 1 else { return values[last].value }
        return values.lazy.filter { $0.name == name }.map(\.value).joined(separator: ", ")
    }

    var host: String? { self[.host] }
    var authorization: String? { self[.authorization] }
    var contentLength: String? { self[.contentLength] }
    private var contentType: String? { self[.contentType] }
    private var contentEncoding: String? { self[.contentEncoding] }
    private var transferEncoding: String? { self[.transferEncoding] }
    var expect: String? { self[.expect] }
    private var accept: String? { self[.accept] }
    var idempotencyKey: String? { self[.idempotencyKey] }
    var lastEventID: String? { self[.lastEventID] }
    var origin: String? { self[.origin] }
    var requestedMethod: String? { self[.requestedMethod] }
    var acceptEncoding: String? { self[.acceptEncoding] }
    var ifNoneMatch: String? { self[.ifNoneMatch] }
    var forwardedPrefix: String? { self[.forwardedPrefix] }
    var forwardedFor: String? { self[.forwardedFor] }
    var fetchSite: String? { self[.fetchSite] }
    var forwarded: String? { self[.forwarded] }
    /// The device that a token of a platform stands for, when the token names none.
    var device: String? { self[.device] }

    /// The token of `Authorization: Bearer …`; `nil` without such a field, or with several.
    var token: String? { count(.authorization) == 1 ? authorization.flatMap(BearerToken.parse) : nil }

    // MARK: Checks

    /// Checks that apply to every request.
    ///
    /// - Throws: ``Problem`` with 400, 417 or 501, after which the end of the request is unknown.
    func checkFraming(_ version: HTTPVersion) throws(Problem) {
        let hosts = count(.host)
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
