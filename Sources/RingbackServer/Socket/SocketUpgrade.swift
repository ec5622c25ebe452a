import RingbackCore
import RingbackModel

/// Decides about an upgrade to a WebSocket before the protocol is switched.
struct SocketUpgrade: Sendable {
    enum Decision: Sendable {
        /// - Parameter identity: `nil` when the client is to say hello.
        case accept(SocketIdentity?)
        /// The ticket is no good. Browsers hide the status of a refused upgrade, so this is told by a close code.
        case close(CloseCode)
    }

    static let subprotocol = "ringback.v1"

    let hub: SocketHub
    let isDraining: @Sendable () -> Bool

    /// - Parameters:
    ///   - hasAuthorization: The request has an `Authorization`, and `token` is the bearer token in it, if it is one.
    ///   - parameters: Of the query: `ticket`, `cursor`.
    /// - Throws: ``Problem`` when the upgrade is refused.
    func decide(hasAuthorization: Bool, token: String?, _ parameters: URLParameters) async throws -> Decision {
        if isDraining() { throw Dispatcher.draining }
        let cursor = parameters["cursor"]
        if let ticket = parameters["ticket"] {
            guard let identity = try await hub.identify(ticket: ticket, cursor: cursor) else {
                return .close(.ticketExpired)
            }
            return .accept(identity)
        }
        guard hasAuthorization else { return .accept(nil) }
        guard let token else { throw SessionService.unauthenticated }
        return .accept(try await hub.identify(token: token, cursor: cursor))
    }
}
