import RingbackCore
import RingbackModel

/// Decides about an upgrade to a WebSocket, before the protocol is switched.
struct SocketUpgrade: Sendable {
    enum Decision: Sendable {
        case accept(SocketIdentity)
        /// The ticket is invalid, or the device has opened too many sockets. Reported with a close code, because
        /// browsers hide the status of a refused upgrade.
        case close(CloseCode)
    }

    static let subprotocol = "ringback.v1"

    let hub: SocketHub
    /// Where the request comes from.
    let source: IPAddress?

    /// For a request with a ticket or an `Authorization` field. Without either, the client must send a hello.
    ///
    /// - Parameters:
    ///   - token: The bearer token of the `Authorization` field, if it has one.
    ///   - device: The field `Ringback-Device`.
    ///   - parameters: The query parameters `ticket` and `cursor`.
    /// - Throws: ``Problem`` when the upgrade is refused.
    func decide(
        token: String?, device: String?, _ parameters: URLParameters
    ) async throws -> Decision {
        // Before a ticket is used up.
        if hub.dispatcher.isDraining() { throw Dispatcher.draining }
        let cursor = parameters["cursor"]
        if let ticket = parameters["ticket"] {
            do {
                guard let identity = try await hub.identify(ticket: ticket, cursor: cursor) else {
                    return .close(.ticketExpired)
                }
                return .accept(identity)
            } catch let problem as Problem where problem.code == .rateLimited {
                return .close(.tooManyConnections)
            }
        }
        guard let token else { throw SessionService.unauthenticated }
        return .accept(try await hub.identify(token: token, device: device, cursor: cursor, from: source))
    }
}
