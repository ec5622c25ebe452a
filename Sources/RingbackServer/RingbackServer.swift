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
    private let metrics: ServerMetrics
    private let health: StorageHealth
    private let drain: Drain
    private let observer: ServerObserver
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - platform: Verifies tokens of a platform that has users of its own.
    ///   - onListening: Called with the port once connections are accepted.
    package init(
        store: any Store, settings: ServerSettings, platform: PlatformTokens? = nil, time: any Timekeeper,
        timing: CallTiming = CallTiming(), logger: Logger, onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        services = Services(
            store: store, settings: settings, platform: platform, time: time, timing: timing, logger: logger)
        let drain = Drain()
        self.drain = drain
        let isDraining = { @Sendable in drain.hasBegun }
        let dispatcher = Dispatcher(
            services: services, operations: Self.operations(services), isDraining: isDraining)
        let metrics = ServerMetrics(registry: MetricsRegistry())
        self.metrics = metrics
        let health = StorageHealth(logger: logger)
        self.health = health
        let sockets = SocketHub(dispatcher: dispatcher, inboxes: LoopInboxes(), metrics: metrics, logger: logger)
        metrics.observe { [services] in
            [
                ("ringback_sockets", sockets.count), ("ringback_streams", services.streams.count),
                ("ringback_held_bytes", services.memory.total),
                ("ringback_live_calls", services.store.liveCallCount),
            ]
        }
        frontEnd = HTTPFrontEnd(
            dispatcher: dispatcher,
            pages: PageRoutes(services: services, metrics: metrics, health: health, isDraining: isDraining).pages,
            sockets: sockets, metrics: metrics, logger: logger)
        listener = HTTPListener(frontEnd: frontEnd, settings: settings)
        self.logger = logger
        self.onListening = onListening
        observer = ServerObserver(services: services, inboxes: frontEnd.inboxes, metrics: metrics, health: health)
        store.observe(observer)
    }

    private static func operations(_ services: Services) -> [Operation] {
        UserRoutes.operations(services) + BlockRoutes.operations(services) + PresenceRoutes.operations(services)
            + SessionRoutes.operations(services) + CallRoutes.operations(services)
            + NegotiationRoutes.operations(services) + CandidateRoutes.operations(services)
            + PlatformRoutes.operations(services) + WebhookRoutes.operations(services) + MediaRoutes.operations()
            + ICEServerRoutes.operations(services) + [
                LongPoll.operation(services)
            ]
    }

    /// All operations that are served.
    package var served: [APIOperation] { frontEnd.routes.routes.map(\.id) }

    /// Serves until a graceful shutdown or cancellation.
    package func run() async throws {
        try await resume()
        let channels = try await listener.bind(hostname: services.settings.hostname, port: services.settings.port)
        await onListening(channels[0].localAddress?.port ?? 0)
        await withTaskGroup { group in
            group.addTask { await services.clock.run() }
            group.addTask { await services.monitor.run() }
            group.addTask { await services.outbox.run() }
            group.addTask { await health.probe(services.store, time: services.time) }
            group.addTask { await observer.endVoidStreams() }
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

    /// Resumes the calls that were live when the server stopped.
    private func resume() async throws {
        try await services.calls.expire()
        for user in try await services.store.read({ try $0.closedUsers() }) {
            try await services.calls.finishErasing(user)
        }
    }
}
