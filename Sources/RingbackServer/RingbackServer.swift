package import Logging
import NIOCore
package import RingbackCore
package import RingbackModel
import ServiceLifecycle

/// The server: HTTP, streams and sockets on one port, with a store.
package struct RingbackServer: Sendable {
    private let services: Services
    private let frontEnd: HTTPFrontEnd
    private let listener: HTTPListener
    /// The listener of the operator's resources, if they have a port of their own.
    private let management: HTTPListener?
    private let metrics: ServerMetrics
    private let health: StorageHealth
    private let drain: Drain
    private let observer: ServerObserver
    private let logger: Logger
    private let onManagementListening: @Sendable (_ port: Int) async -> Void
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// Connections to the operator's resources. What keeps the public port busy does not count.
    private static let managementConnections = 100

    /// - Parameters:
    ///   - platform: Verifies tokens of a platform that has users of its own.
    ///   - permission: Asks the platform about each call.
    ///   - onManagementListening: Called with the port of the operator's resources, if they have one of their own.
    ///   - onListening: Called with the port once connections are accepted.
    package init(
        store: any Store, settings: ServerSettings, platform: PlatformTokens? = nil,
        permission: CallPermission? = nil, time: any Timekeeper, timing: CallTiming = CallTiming(), logger: Logger,
        onManagementListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in },
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        let registry = MetricsRegistry()
        services = Services(
            store: store, settings: settings, platform: platform, permission: permission, time: time, timing: timing,
            registry: registry, logger: logger)
        let drain = Drain()
        self.drain = drain
        let isDraining = { @Sendable in drain.hasBegun }
        let dispatcher = Dispatcher(
            services: services, operations: Self.operations(services), isDraining: isDraining)
        let metrics = ServerMetrics(registry: registry, node: settings.nodeName)
        self.metrics = metrics
        let health = StorageHealth(logger: logger)
        self.health = health
        let sockets = SocketHub(dispatcher: dispatcher, inboxes: LoopInboxes(), metrics: metrics, logger: logger)
        metrics.observe { [services] in
            [
                ("ringback_sockets", sockets.count), ("ringback_streams", services.streams.count),
                ("ringback_held_bytes", services.memory.total),
                ("ringback_live_calls", services.store.liveCallCount),
            ] + services.store.gauges
        }
        let pages = PageRoutes(services: services, metrics: metrics, storage: health, isDraining: isDraining)
        func makeFrontEnd(_ routes: [Route]) -> HTTPFrontEnd {
            HTTPFrontEnd(
                dispatcher: dispatcher, routes: RouteTable(routes), sockets: sockets, metrics: metrics, logger: logger)
        }
        frontEnd = makeFrontEnd(
            dispatcher.operations.map { $0.id == .pollEvents ? .poll($0) : .operation($0) } + [.stream, .socket]
                + pages.pages.map { .page($0) })
        listener = HTTPListener(
            frontEnd: frontEnd,
            connections: OpenConnections(
                maximum: settings.maximumConnections, maximumPerSubscriber: settings.connectionsPerAddress,
                proxies: settings.trustedProxies), readsProxyProtocol: true)
        management = settings.managementPort.map { _ in
            HTTPListener(
                frontEnd: makeFrontEnd(pages.management.map { .page($0) }),
                connections: OpenConnections(
                    maximum: Self.managementConnections, maximumPerSubscriber: Self.managementConnections, proxies: []),
                readsProxyProtocol: false)
        }
        self.logger = logger
        self.onManagementListening = onManagementListening
        self.onListening = onListening
        observer = ServerObserver(services: services, inboxes: frontEnd.inboxes, metrics: metrics, health: health)
        store.observe(observer)
    }

    private static func operations(_ services: Services) -> [Operation] {
        UserRoutes.operations(services) + BlockRoutes.operations(services) + ContactRoutes.operations(services)
            + PresenceRoutes.operations(services)
            + SessionRoutes.operations(services) + CallRoutes.operations(services)
            + NegotiationRoutes.operations(services) + CandidateRoutes.operations(services)
            + PushRoutes.operations(services) + PlatformRoutes.operations(services) + WebhookRoutes.operations(services)
            + MediaRoutes.operations()
            + ICEServerRoutes.operations(services) + [
                LongPoll.operation(services)
            ]
    }

    /// All operations that are served.
    package var served: [APIOperation] { frontEnd.routes.routes.map(\.id) }

    /// Serves until a graceful shutdown or cancellation.
    package func run() async throws {
        // What was due, or not finished, when the server stopped.
        try await services.calls.expire()
        try await services.platform.resumeBans()
        let managementChannels = try await bindManagement()
        let channels = try await bind(listener, services.settings.hostname, services.settings.port)
        await onListening(channels[0].localAddress?.port ?? 0)
        await withTaskGroup { group in
            group.addTask { await services.clock.run() }
            group.addTask { await services.monitor.run() }
            group.addTask { await services.outbox.run() }
            group.addTask { await health.probe(services.store, time: services.time) }
            group.addTask { await observer.endVoidStreams() }
            group.addTask { await services.addressCalls.follow(services.store, services.time) }
            group.addTask { await Maintenance(services: services, logger: logger).run() }
            await withGracefulShutdownHandler {
                await drain.waitUntilBegun()
                await close(channels)
            } onGracefulShutdown: {
                drain.begin()
            }
            group.cancelAll()
        }
        _ = try? await services.devices.maintain()
        // To the end, so that it says that the server is draining.
        for channel in managementChannels { try? await channel.close() }
        management?.close()
    }

    private func bindManagement() async throws -> [any Channel] {
        guard let management, let port = services.settings.managementPort else { return [] }
        let channels = try await bind(management, services.settings.managementHostname, port, options: "management-")
        await onManagementListening(channels[0].localAddress?.port ?? 0)
        return channels
    }

    /// - Throws: ``ListenFailure`` if the address can't be used.
    private func bind(
        _ listener: HTTPListener, _ hostname: String, _ port: Int, options: String = ""
    ) async throws -> [any Channel] {
        do {
            return try await listener.bind(hostname: hostname, port: port)
        } catch {
            throw ListenFailure(error, hostname: hostname, port: port, options: options) ?? error
        }
    }

    /// Stops accepting connections, lets open ones finish what they have begun, and closes them after the drain time.
    private func close(_ channels: [any Channel]) async {
        for channel in channels { try? await channel.close() }
        services.feed.close()
        services.streams.close()
        listener.quiesce()
        await withTaskGroup { group in
            group.addTask { await listener.waitUntilClosed() }
            group.addTask { try? await Task.sleep(for: services.settings.drainTime) }
            await group.next()
            group.cancelAll()
        }
        listener.close()
    }
}
