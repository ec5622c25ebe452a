import Logging
import RingbackConformance
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackServer
import RingbackTesting
import Synchronization

/// A server in this process, on a free port of loopback and a temporary database, with a clock of its own.
final class EmbeddedServer: Sendable {
    static let administratorToken = "an administrator's token"

    let time: ManualTime
    let port: Int
    private let database: TemporaryDatabase
    private let task: Task<Void, any Error>

    var underTest: ServerUnderTest {
        get throws {
            try ServerUnderTest(
                baseURL: "http://127.0.0.1:\(port)", administratorToken: Self.administratorToken,
                advance: { [time] in time.advance(by: $0) })
        }
    }

    /// - Parameter change: Changes the settings before the start.
    static func start(_ change: (inout ServerSettings) -> Void = { _ in }) async throws -> EmbeddedServer {
        let time = ManualTime()
        let database = try TemporaryDatabase()
        var settings = ServerSettings()
        settings.port = 0
        settings.passwordCost = 4
        settings.registration = .open
        settings.administratorToken = administratorToken
        change(&settings)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = RingbackServer(
            store: try SQLiteStore(path: database.path, time: time), settings: settings, time: time, logger: logger
        ) { port in
            continuation.yield(port)
        }
        let task = Task {
            defer { continuation.finish() }
            try await server.run()
        }
        for await port in ports {
            return EmbeddedServer(time: time, port: port, database: database, task: task)
        }
        try await task.value
        throw CancellationError()
    }

    private init(time: ManualTime, port: Int, database: TemporaryDatabase, task: Task<Void, any Error>) {
        self.time = time
        self.port = port
        self.database = database
        self.task = task
    }

    deinit { task.cancel() }
}
