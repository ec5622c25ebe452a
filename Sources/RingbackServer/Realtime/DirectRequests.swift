import NIOHTTP1
import RingbackModel

/// The fields of a request as clients send them. Whatever is odd about them is for the HTTP side to judge.
struct PlainFields {
    let token: String
    /// `nil` when there is no body.
    let bodyBytes: Int?
    let isJSON: Bool
    let idempotencyKey: String?

    /// - Parameter ignoresOrigin: No other origin is allowed, so that a request that names one is like any other.
    /// - Returns: `nil` for a request that may have to be refused.
    init?(_ head: HTTPRequestHead, ignoresOrigin: Bool) {
        guard head.version == .http1_1 else { return nil }
        var (token, length, type, key): (String?, String?, String?, String?)
        func isOnly(_ value: String, _ known: inout String?) -> Bool {
            defer { known = value }
            return known == nil
        }
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "authorization":
                guard let bearer = BearerToken.parse(value), isOnly(bearer, &token) else { return nil }
            case "content-length": guard isOnly(value, &length) else { return nil }
            case "content-type": guard isOnly(value, &type) else { return nil }
            case "idempotency-key": guard isOnly(value, &key) else { return nil }
            case "accept" where !["*/*", "application/json"].contains(where: value.hasSameBytes): return nil
            case "connection" where !value.isCase(of: "keep-alive"): return nil
            case "origin" where !ignoresOrigin: return nil
            case "transfer-encoding", "upgrade", "expect": return nil
            default: break
            }
        }
        guard let token else { return nil }
        if let length {
            guard let bytes = Int(length), (0...Limits.bodyBytes).contains(bytes) else { return nil }
            bodyBytes = bytes
        } else {
            bodyBytes = nil
        }
        self.token = token
        isJSON = type?.hasSameBytes(as: "application/json") ?? false
        idempotencyKey = key
    }
}

/// A plain GET /v1/events.
struct PollRequest {
    static let path = "/v1/events"

    let token: String
    /// `nil` asks for a snapshot.
    let cursor: String?
    let waitSeconds: Int
    let limit: Int

    /// - Returns: `nil` for other requests, and for those that may have to be refused.
    init?(_ head: HTTPRequestHead, _ fields: PlainFields) {
        guard head.method == .GET, head.uri.hasPrefix(Self.path), fields.bodyBytes == nil,
            let query = Self.query(head.uri.utf8.dropFirst(Self.path.utf8.count)),
            let waitSeconds = Self.integer(query["waitSeconds"], in: Limits.waitSeconds, default: 25),
            let limit = Self.integer(query["limit"], in: Limits.eventsPerPage, default: 100)
        else { return nil }
        token = fields.token
        cursor = query["cursor"].map { String($0) }
        self.waitSeconds = waitSeconds
        self.limit = limit
    }

    /// The parameters behind a path, when there is nothing in them to be decoded.
    private static func query(_ text: Substring.UTF8View) -> [Substring: Substring]? {
        guard let first = text.first else { return [:] }
        guard first == UInt8(ascii: "?"), !text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") })
        else { return nil }
        var parameters: [Substring: Substring] = [:]
        for parameter in text.dropFirst().split(separator: UInt8(ascii: "&")) {
            guard let sign = parameter.firstIndex(of: UInt8(ascii: "=")),
                parameters.updateValue(Substring(parameter[sign...].dropFirst()), forKey: Substring(parameter[..<sign]))
                    == nil
            else { return nil }
        }
        return parameters
    }

    private static func integer(_ text: Substring?, in range: ClosedRange<Int>, default standard: Int) -> Int? {
        guard let text else { return standard }
        guard let value = Int(text), range.contains(value) else { return nil }
        return value
    }
}

/// A plain write to a call.
struct WriteRequest {
    let token: String
    let callId: String?
    let idempotencyKey: String?

    /// - Parameter callId: From the path; `nil` for an invitation.
    /// - Returns: `nil` for a request that may have to be refused.
    init?(_ fields: PlainFields, callId: String?) {
        guard fields.isJSON || fields.bodyBytes ?? 0 == 0 else { return nil }
        token = fields.token
        self.callId = callId
        idempotencyKey = fields.idempotencyKey
    }
}
