package import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import RingbackCore
import RingbackModel
import ServiceLifecycle
import Synchronization

/// The server: HTTP, streams and sockets on one port, over a store.
package struct RingbackServer: Sendable {
    private let services: Services
    private let dispatcher: Dispatcher
    private let hub: SocketHub
    private let desk: DirectDesk
    private let outboxes = LoopOutboxes()
    private let metrics: ServerMetrics
    private let drain: Drain
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameter onListening: Called with the port when connections are taken.
    package init(
        store: any Store, settings: ServerSettings, time: any Timekeeper, timing: CallTiming = CallTiming(),
        logger: Logger, onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        let registry = MetricsRegistry()
        services = Services(store: store, settings: settings, time: time, timing: timing, logger: logger)
        let drain = Drain()
        self.drain = drain
        dispatcher = Dispatcher(
            services: services, operations: Self.operations(services), isDraining: { drain.hasBegun })
        let hub = SocketHub(services: services, dispatcher: dispatcher, outboxes: outboxes, logger: logger)
        self.hub = hub
        metrics = ServerMetrics(registry: registry) { [services] in
            [
                ("ringback_sockets", hub.keeper.count), ("ringback_streams", services.streams.count),
                ("ringback_live_calls", services.liveCalls.count),
            ]
        }
        desk = DirectDesk(
            dispatcher: dispatcher, outboxes: outboxes, metrics: metrics, poll: LongPoll.operation(services),
            logger: logger)
        self.logger = logger
        self.onListening = onListening
        observe()
    }

    /// All operations by their names.
    static func operations(_ services: Services) -> [String: Operation] {
        let all =
            UserRoutes.operations(services) + BlockRoutes.operations(services) + PresenceRoutes.operations(services)
            + SessionRoutes.operations(services) + CallRoutes.operations(services)
            + NegotiationRoutes.operations(services) + CandidateRoutes.operations(services)
            + MediaRoutes.operations(services) + ICEServerRoutes.operations(services) + [LongPoll.operation(services)]
        return Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
    }

    /// What follows from a commit, in the order of the commits.
    private func observe() {
        // Who is woken or answered by a commit is so in one go, when the last answer is there.
        services.store.observeSettling { [outboxes] in outboxes.release() }
        services.store.observeCommits { [services, metrics, outboxes] commit in
            outboxes.hold()
            let now = services.time.now
            let changes = services.liveCalls.update(commit.calls)
            for participant in changes.joined { services.board.expect(participant, isLost: false, at: now) }
            services.feed.publish(commit.events, now: now)
            for call in commit.calls { services.clock.scheduled(call.deadline(timing: services.calls.timing)) }
            let watched = services.presence.watched(among: changes.users)
            if !watched.isEmpty { services.monitor.changed(users: watched) }
            metrics.committed(commit)
        }
        services.sessions.observeEnds { [services] participant in
            services.streams.end(participant)
            services.board.forget(participant)
            services.presence.forget(participant)
        }
    }

    /// Serves until it is shut down gracefully or cancelled.
    package func run() async throws {
        try await resume()
        let application = Application(
            router: router(), server: server(),
            configuration: .init(
                address: .hostname(services.settings.hostname, port: services.settings.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(services.settings.maximumConnections)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { await services.clock.run() }
            group.addTask { await services.monitor.run() }
            group.addTask { await Maintenance(services: services, logger: logger).run() }
            try await withGracefulShutdownHandler {
                try await serve(application)
            } onGracefulShutdown: {
                drain.begin()
                services.feed.close()
                services.streams.close()
            }
            group.cancelAll()
        }
        try? await services.store.write { [board = services.board] in try $0.setLastSeen(board.takeUnsaved()) }
    }

    /// Runs the application, and no longer than the drain time after a shutdown began.
    private func serve(_ application: some ApplicationProtocol) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await application.run() }
            group.addTask { [drain, drainTime = services.settings.drainTime] in
                await drain.waitUntilBegun()
                try? await Task.sleep(for: drainTime)
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Takes up the calls that were live when the server stopped.
    private func resume() async throws {
        try await services.calls.expire()
        let calls = try await services.store.read { try $0.liveCalls() }
        _ = services.liveCalls.update(calls)
        // Their devices have the usual time to come back.
        for call in calls where call.isUnderWay {
            for side in CallState.Side.allCases {
                guard let device = call.device(of: side) else { continue }
                services.board.expect(
                    Participant(userId: call.user(of: side), deviceId: device),
                    isLost: call[side].reconnectingSince != nil, at: services.time.now)
            }
        }
    }

    /// Everything that is served, as the OpenAPI document writes it.
    package var routes: [ServedRoute] {
        dispatcher.operations.values.map { ServedRoute($0.method, $0.path, $0.id) } + HTTPRoutes.connections
            + PageRoutes.all
    }

    private func router() -> Router<RingbackContext> {
        let router = Router(context: RingbackContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: HeaderMiddleware(allowedOrigins: services.settings.allowedOrigins))
        router.add(middleware: ProblemMiddleware(allowedMethods: AllowedMethods(routes)))
        HTTPRoutes(dispatcher: dispatcher, stream: EventStream(services: services), metrics: metrics).add(to: router)
        PageRoutes(services: services, metrics: metrics, isDraining: { drain.hasBegun }).add(to: router)
        return router
    }

    private func server() -> HTTPServerBuilder {
        HTTPServerBuilder { [hub, desk, drain] responder in
            GateChannel(
                responder: responder, upgrade: SocketUpgrade(hub: hub, isDraining: { drain.hasBegun }), desk: desk)
        }
    }
}

/// A method and a path, and what the OpenAPI document calls them.
package struct ServedRoute: Sendable, Hashable {
    package let method: HTTPRequest.Method
    /// With parameters in braces.
    package let path: String
    package let operationId: String

    init(_ method: HTTPRequest.Method, _ path: String, _ operationId: String) {
        self.method = method
        self.path = path
        self.operationId = operationId
    }
}

/// Whether the server is about to stop.
final class Drain: Sendable {
    private let hasBegunFlag = Atomic(false)
    private let signal = WakeSignal()

    var hasBegun: Bool { hasBegunFlag.load(ordering: .relaxed) }

    func begin() {
        hasBegunFlag.store(true, ordering: .relaxed)
        signal.signal()
    }

    func waitUntilBegun() async { await signal.wait() }
}
