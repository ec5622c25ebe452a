import ArgumentParser
import Foundation
import Logging
import RingbackCore
import RingbackIdentity
import RingbackModel
import RingbackServer
import ServiceLifecycle
import UnixSignals

/// `ringback serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Every option can also be set as RINGBACK_<NAME> in the environment (RINGBACK_PORT, RINGBACK_TURN_SECRET, …) and \
            as a key of the configuration file, in this order of precedence. When the server is ready, it writes \
            "listening on http://HOST:PORT" to standard error, followed by the URLs of the demo and the documentation. \
            SIGTERM and SIGINT shut it down gracefully.
            """)

    @OptionGroup var storage: DatabaseOptions

    @OptionGroup var platform: PlatformOptions

    @Option(help: "The address to listen on; localhost is both 127.0.0.1 and ::1. (default: 127.0.0.1)")
    var hostname: String?

    @Option(help: "The port to listen on; 0 chooses a free one. (default: 8080)")
    var port: Int?

    @Option(
        help: """
            Serve /metrics and /readyz on this port instead, and /healthz as well; 0 chooses a free one. (default: none)
            """)
    var managementPort: Int?

    @Option(help: "The address of the management port. (default: 127.0.0.1)")
    var managementHostname: String?

    @Option(help: "Whether the demo is served: on or off. (default: on)")
    var demo: String?

    @Option(help: "Whether the API reference is served: on or off. (default: on)")
    var docs: String?

    @Option(help: "Days that a token is valid. (default: 30)")
    var tokenDays: Int?

    @Option(
        help: """
            A token of at least 16 characters that permits ending any call and the operations of `ringback webhooks`. \
            Prefer the environment.
            """)
    var adminToken: String?

    @Option(help: "A file whose first line is that token.", completion: .file())
    var adminTokenFile: String?

    @Option(help: "log2 of the scrypt cost for new passwords. (default: 15, about 70 ms and 32 MiB)")
    var passwordCost: Int?

    @Option(name: .customLong("stun-urls"), help: "STUN servers, separated by commas: stun:stun.example.org:3478")
    var stunURLs: String?

    @Option(
        name: .customLong("turn-urls"),
        help: "TURN servers, separated by commas: turn:turn.example.org:3478?transport=udp")
    var turnURLs: String?

    @Option(help: "The static-auth-secret of coturn, for all TURN servers. Prefer the environment.")
    var turnSecret: String?

    @Option(
        help: """
            Secrets of individual TURN servers, separated by commas: turn1.example.org=SECRET,… Prefer the environment.
            """)
    var turnSecrets: String?

    @Option(help: "A file whose first line is the static-auth-secret.", completion: .file())
    var turnSecretFile: String?

    @Option(help: "A file whose first line is the secrets of individual TURN servers.", completion: .file())
    var turnSecretsFile: String?

    @Option(help: "Seconds that TURN credentials are valid. (default: 3600)")
    var turnSeconds: Int?

    @Option(
        help: """
            Origins whose pages may use the API, separated by commas: https://example.org,http://localhost:8000; * for all. \
            (default: only the server's own)
            """)
    var allowedOrigins: String?

    @Option(
        help: """
            The path under which a proxy exposes the server: /ringback for https://example.org/ringback/. A trusted proxy may send \
            X-Forwarded-Prefix instead. (default: none)
            """)
    var basePath: String?

    @Option(
        help: """
            Addresses of proxies whose X-Forwarded-Prefix and X-Forwarded-For are trusted, separated by commas: \
            192.0.2.1,10.0.0.0/8; none for none. (default: 127.0.0.0/8,::1)
            """)
    var trustedProxies: String?

    @Option(
        help: """
            How trusted proxies name the client: x-forwarded-for, forwarded (RFC 7239) or proxy-protocol. (default: \
            x-forwarded-for)
            """)
    var clientAddress: String?

    @Option(
        help: """
            Seconds after which a call for which no device rings ends as unreachable. (default: the ring time of the \
            call)
            """)
    var unreachableSeconds: Int?

    @Option(
        help: """
            Megabytes that the database may use. Near it, the oldest content is removed. (default: of SQLite three quarters of \
            what is free for it at the start, of PostgreSQL no limit)
            """)
    var maxDatabaseSize: Int?

    @Option(
        help: """
            Whether users can register themselves: open or closed. If closed, they are created with a server key (ringback \
            key), or come with a platform's token. (default: closed)
            """)
    var registration: String?

    @OptionGroup var calls: CallPolicyOptions

    @OptionGroup var limits: LimitOptions

    @OptionGroup var retention: RetentionOptions

    @OptionGroup var webhooks: WebhookOptions

    @OptionGroup var push: PushOptions

    @Option(help: "Seconds that a graceful shutdown waits for requests. (default: 10)")
    var drainSeconds: Int?

    @Option(
        help: """
            The name of this process among those that serve the same database: in the log, the metrics, /readyz and PostgreSQL's \
            list of sessions. (default: the host name)
            """)
    var nodeName: String?

    @Option(help: "The log level: trace, debug, info, notice, warning, error or critical. (default: notice)")
    var logLevel: String?

    func run() async throws {
        FileDescriptors.makePrivate()
        let source = try storage.source()
        var settings = try settings(source)
        let levelName = source.string("log-level", logLevel) ?? "notice"
        guard let level = Logger.Level(rawValue: levelName) else {
            throw ValidationError(
                "log-level must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")), not '\(levelName)'."
            )
        }
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "ringback")
        logger.logLevel = level
        for (name, meant) in source.misspelledVariables {
            logger.warning("the environment variable \(name.prefix(100)) has no effect; did you mean \(meant)?")
        }
        let platform = try await platform.verifier(source, logger: logger)
        let policy = try calls.policy(source, logger: logger)
        settings.directory = policy.directory
        settings.registration = try registration(source)
        let location = try storage.location(source)
        let name = source.string("node-name", nodeName)
        let node = name ?? ProcessInfo.processInfo.hostName
        guard (1...63).contains(node.utf8.count), node.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("node-name must be 1 to 63 visible ASCII characters.")
        }
        let sizes = 16...1_000_000_000
        let megabytes = try source.integer(
            "max-database-size", maxDatabaseSize, in: sizes,
            default: location.defaultMaximumBytes.map { min(max($0 >> 20, sizes.lowerBound), sizes.upperBound) } ?? 0)
        if name != nil || location.isShared {
            settings.nodeName = node
            logger[metadataKey: "node"] = "\(node)"
        }
        let time = location.time()
        let store = try location.open(
            node: node, maximumBytes: megabytes > 0 ? megabytes << 20 : nil, time: time, logger: logger)
        let announcement = Announcement(settings)
        let server = RingbackServer(
            store: store, settings: settings, platform: platform?.tokens, permission: policy.permission, time: time,
            timing: try timing(source, callsFrom: policy.callsFrom), logger: logger
        ) {
            announcement.showManagement($0)
        } onListening: {
            announcement.show($0)
        }
        let services: [any Service] =
            [ServerService(server: server)] + (platform?.remote.map { [KeyService(keys: $0)] } ?? [])
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
            await store.close()
        } catch {
            await store.close()
            guard let failure = error as? ListenFailure else { throw error }
            throw CommandError(failure.description)
        }
    }
}

/// Keeps the keys of a platform's tokens fresh.
private struct KeyService: Service, CustomStringConvertible {
    let keys: RemoteKeys

    var description: String { "platform keys" }

    func run() async throws { await cancelWhenGracefulShutdown { await keys.run() } }
}

/// The server as a service of the process.
private struct ServerService: Service, CustomStringConvertible {
    let server: RingbackServer

    /// Logged by the service lifecycle. Must not contain the settings, which include secrets.
    var description: String { "server" }

    func run() async throws { try await server.run() }
}
