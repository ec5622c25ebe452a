import HummingbirdCore
import NIOHTTP1
import RingbackModel

/// A plain GET /v1/events, as clients send it. Whatever is odd about it is for the HTTP side to judge.
struct PollRequest {
    let token: String
    /// `nil` asks for a snapshot.
    let cursor: String?
    let waitSeconds: Int
    let limit: Int

    /// - Returns: `nil` for other requests, and for those that may have to be refused.
    init?(_ head: HTTPRequestHead) {
        guard head.method == .GET, head.version == .http1_1, head.uri.prefix(while: { $0 != "?" }) == "/v1/events"
        else { return nil }
        var token: String?
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "authorization":
                guard token == nil, let bearer = BearerToken.parse(value) else { return nil }
                token = bearer
            case "accept" where value != "*/*" && value != "application/json": return nil
            case "connection" where value.lowercased() != "keep-alive": return nil
            case "origin", "content-length", "transfer-encoding", "upgrade", "expect": return nil
            default: break
            }
        }
        let query = URI(head.uri).queryParameters
        guard let token,
            let waitSeconds = Self.integer(query["waitSeconds"], in: Limits.waitSeconds, default: 25),
            let limit = Self.integer(query["limit"], in: Limits.eventsPerPage, default: 100)
        else { return nil }
        self.token = token
        cursor = query["cursor"].map { String($0) }
        self.waitSeconds = waitSeconds
        self.limit = limit
    }

    private static func integer(_ text: Substring?, in range: ClosedRange<Int>, default standard: Int) -> Int? {
        guard let text else { return standard }
        guard let value = Int(text), range.contains(value) else { return nil }
        return value
    }
}
