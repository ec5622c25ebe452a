import Logging
import NIOHTTP1
import RingbackCore
import RingbackModel

/// Everything that the connections share.
final class HTTPFrontEnd: Sendable {
    let dispatcher: Dispatcher
    let routes: RouteTable
    let heads: ResponseHeads
    let allowedOrigins: AllowedOrigins
    let sockets: SocketHub
    let inboxes: LoopInboxes
    let ticker: LoopTicker
    private let metrics: ServerMetrics
    private let logger: Logger

    init(
        dispatcher: Dispatcher, pages: [Page], sockets: SocketHub, metrics: ServerMetrics, logger: Logger
    ) {
        self.dispatcher = dispatcher
        self.sockets = sockets
        self.metrics = metrics
        self.logger = logger
        inboxes = sockets.inboxes
        ticker = sockets.ticker
        allowedOrigins = AllowedOrigins(dispatcher.services.settings.allowedOrigins)
        heads = ResponseHeads(allowedOrigins: allowedOrigins)
        routes = RouteTable(
            dispatcher.operations.map { $0.id == .pollEvents ? .poll($0) : .operation($0) } + [.stream, .socket]
                + pages.map { .page($0) })
    }

    var services: Services { dispatcher.services }

    /// The base path of the server as the client of a request sees it.
    ///
    /// - Parameter peer: The address of the other end of the connection.
    func basePath(for fields: RequestFields, from peer: IPAddress?) -> BasePath {
        let settings = services.settings
        guard let forwarded = fields.forwardedPrefix.flatMap({ BasePath($0) }), let peer,
            settings.trustedProxies.contains(where: { $0.contains(peer) })
        else { return settings.basePath }
        return forwarded
    }

    /// The problem to report for an error. Details that clients must not see are logged.
    func problem(for error: any Error, _ request: PendingRequest) -> Problem {
        Dispatcher.problem(for: error) { error in
            logger.error(
                "request failed", metadata: ["operation": "\(request.route?.id.rawValue ?? "")", "error": "\(error)"])
        }
    }

    func answered(_ request: PendingRequest, status: Int) {
        switch request.route {
        case .operation(let operation), .poll(let operation):
            metrics.served(operation, status: status, since: request.start)
        case .stream, .socket, .page, nil: break
        }
    }
}
