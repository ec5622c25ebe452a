import Hummingbird
import HummingbirdCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// Decides about an upgrade to WebSocket before the protocol is switched.
struct SocketUpgrade: Sendable {
    enum Decision: Sendable {
        /// - Parameter identity: `nil` when the client is to say hello.
        case accept(SocketIdentity?)
        case refuse(Problem)
        /// The ticket is no good. Browsers hide the status of a refused upgrade, so this is told by a close code.
        case close(CloseCode)
    }

    static let path = "/v1/socket"
    static let subprotocol = "ringback.v1"

    let hub: SocketHub
    let isDraining: @Sendable () -> Bool

    /// Whether a request asks for this upgrade (RFC 6455, section 4.2.1).
    static func matches(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1 && head.uri.prefix { $0 != "?" } == path
            && head.headers[canonicalForm: "upgrade"].contains { $0.isCase(of: "websocket") }
            && head.headers[canonicalForm: "connection"].contains { $0.isCase(of: "upgrade") }
    }

    func decide(_ head: HTTPRequestHead) async -> Decision {
        if isDraining() { return .refuse(Problem(.draining, "The server is about to stop.", retryAfterSeconds: 2)) }
        let query = URI(head.uri).queryParameters
        let cursor = query["cursor"].map { String($0) }
        do {
            if let ticket = query["ticket"] {
                guard let identity = try await hub.identify(ticket: String(ticket), cursor: cursor) else {
                    return .close(.ticketExpired)
                }
                return .accept(identity)
            }
            guard let authorization = head.headers.first(name: "authorization") else { return .accept(nil) }
            guard let token = BearerToken.parse(authorization) else { throw SessionService.unauthenticated }
            return .accept(try await hub.identify(token: token, cursor: cursor))
        } catch {
            return .refuse(Dispatcher.problem(for: error) { _ in })
        }
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
