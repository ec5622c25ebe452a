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
        guard head.method == .GET, fields.bodyBytes == nil, let query = head.uri.readUTF8({ Query(uri: $0) }),
            let waitSeconds = Self.integer(query.waitSeconds, in: Limits.waitSeconds, default: 25),
            let limit = Self.integer(query.limit, in: Limits.eventsPerPage, default: 100)
        else { return nil }
        token = fields.token
        cursor = query.cursor
        self.waitSeconds = waitSeconds
        self.limit = limit
    }

    /// The parameters behind the path, when there is nothing in them to be decoded.
    private struct Query {
        private(set) var cursor, waitSeconds, limit: String?

        init?(uri: UnsafeBufferPointer<UInt8>) {
            guard uri.starts(with: PollRequest.path.utf8) else { return nil }
            let query = uri[PollRequest.path.utf8.count...]
            guard let mark = query.first else { return }
            let isPlain = !query.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
            guard mark == UInt8(ascii: "?"), isPlain else { return nil }
            for parameter in query.dropFirst().split(separator: UInt8(ascii: "&")) {
                guard let sign = parameter.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                let (name, value) = (parameter[..<sign], parameter[(sign + 1)...])
                if name.elementsEqual("cursor".utf8) {
                    guard Self.note(value, in: &cursor) else { return nil }
                } else if name.elementsEqual("waitSeconds".utf8) {
                    guard Self.note(value, in: &waitSeconds) else { return nil }
                } else if name.elementsEqual("limit".utf8) {
                    guard Self.note(value, in: &limit) else { return nil }
                }
            }
        }

        /// - Returns: Whether it is the only one of its name.
        private static func note(_ value: Slice<UnsafeBufferPointer<UInt8>>, in known: inout String?) -> Bool {
            defer { known = String(decoding: value, as: UTF8.self) }
            return known == nil
        }
    }

    private static func integer(_ text: String?, in range: ClosedRange<Int>, default standard: Int) -> Int? {
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
