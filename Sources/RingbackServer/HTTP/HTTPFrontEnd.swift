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
        dispatcher: Dispatcher, routes: RouteTable, sockets: SocketHub, metrics: ServerMetrics, logger: Logger
    ) {
        self.dispatcher = dispatcher
        self.routes = routes
        self.sockets = sockets
        self.metrics = metrics
        self.logger = logger
        inboxes = sockets.inboxes
        ticker = sockets.ticker
        allowedOrigins = AllowedOrigins(dispatcher.services.settings.allowedOrigins)
        heads = ResponseHeads(allowedOrigins: allowedOrigins)
    }

    var services: Services { dispatcher.services }

    /// The base path of the server as the client of a request sees it.
    ///
    /// - Parameter peer: The address of the other end of the connection.
    func basePath(for fields: RequestFields, from peer: IPAddress?) -> BasePath {
        guard let forwarded = fields.forwardedPrefix.flatMap({ BasePath($0) }), isProxy(peer) else {
            return services.settings.basePath
        }
        return forwarded
    }

    func isProxy(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return services.settings.trustedProxies.contains { $0.contains(address) }
    }

    /// Where a request comes from: the other end of the connection, or what is before the trusted proxies that it came
    /// through.
    ///
    /// - Returns: `nil` for a proxy that doesn't say.
    func source(of fields: RequestFields, from peer: IPAddress?) -> IPAddress? {
        guard isProxy(peer) else { return peer }
        switch services.settings.clientAddress {
        case .forwardedFor:
            return fields.forwardedFor.flatMap { ForwardedAddresses.client(forwardedFor: $0, isProxy: isProxy) }
        case .forwarded:
            return fields.forwarded.flatMap { ForwardedAddresses.client(forwarded: $0, isProxy: isProxy) }
        // The peer would be the client already.
        case .proxyProtocol: return nil
        }
    }

    /// The problem that the outside hears of an error. What it may not know goes into the log.
    func problem(for error: any Error, _ request: PendingRequest) -> Problem {
        Dispatcher.problem(for: error, of: request.route?.id, logger)
    }

    func answered(_ request: PendingRequest, status: Int) {
        switch request.route {
        case .operation(let operation), .poll(let operation):
            metrics.served(operation, status: status, since: request.start)
        case .stream, .socket, .page, nil: break
        }
    }
}
