import Foundation
import Logging
import RingbackClient
import RingbackCore
import RingbackSQLite
import RingbackServer
import RingbackTesting

/// A server in this process, on a free port of loopback and a temporary database, with a real clock.
final class TestServer: Sendable {
    static let administratorToken = "an administrator's token".replacing(" ", with: "-")

    let port: Int
    private let database: TemporaryDatabase
    private let task: Task<Void, any Error>

    var url: URL { URL(string: "http://127.0.0.1:\(port)")! }

    /// - Parameter change: Changes the settings before the start.
    static func start(
        database: TemporaryDatabase? = nil, timing: CallTiming = CallTiming(), platform: PlatformTokens? = nil,
        _ change: (inout ServerSettings) -> Void = { _ in }
    ) async throws -> TestServer {
        let database = try database ?? TemporaryDatabase()
        var settings = ServerSettings()
        settings.port = 0
        settings.passwordCost = 4
        settings.registration = .open
        settings.administratorToken = administratorToken
        settings.drainTime = .seconds(2)
        change(&settings)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = RingbackServer(
            store: try SQLiteStore(path: database.path), settings: settings, platform: platform, time: SystemTime(),
            timing: timing, logger: logger
        ) { port in
            continuation.yield(port)
        }
        let task = Task {
            defer { continuation.finish() }
            try await server.run()
        }
        for await port in ports { return TestServer(port: port, database: database, task: task) }
        try await task.value
        throw CancellationError()
    }

    private init(port: Int, database: TemporaryDatabase, task: Task<Void, any Error>) {
        self.port = port
        self.database = database
        self.task = task
    }

    deinit { task.cancel() }

    /// The polling interval for conditions without an event.
    static func pause() async throws { try await Task.sleep(for: .milliseconds(10)) }

    /// A gauge or counter of `/metrics`.
    func metric(_ name: String) async throws -> Double {
        let text = try await RingbackClient(baseURL: url).getMetrics()
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
        return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
    }
}

extension RingbackClient {
    /// Options with short timeouts.
    static func forTests(
        _ url: URL, network: NetworkOptions = .forTests, retries: RetryPolicy = .forTests
    ) throws -> RingbackClient {
        try RingbackClient(baseURL: url, network: network, retries: retries)
    }

    /// Registers and signs in.
    static func signedIn(
        _ name: String, at server: TestServer, through url: URL? = nil, network: NetworkOptions = .forTests,
        retries: RetryPolicy = .forTests
    ) async throws -> RingbackClient {
        let direct = try RingbackClient.forTests(server.url)
        try await direct.registerUser(UserID(name)!, password: "correct horse")
        let session = try await direct.signIn(name, password: "correct horse", deviceName: "Test")
        return try RingbackClient(
            baseURL: url ?? server.url, session: session, network: network, retries: retries)
    }
}

extension NetworkOptions {
    static let forTests = NetworkOptions(
        proxy: "", connectTimeout: .seconds(2), requestTimeout: .seconds(3), silenceTimeout: .seconds(2))
    /// Options with long timeouts, for tests that are not about time.
    static let patient = NetworkOptions(proxy: "", connectTimeout: .seconds(20))
}

extension RetryPolicy {
    static let forTests = RetryPolicy(
        maximumRetries: 8, firstDelay: .milliseconds(20), maximumDelay: .milliseconds(200))
}
