import Logging
import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

@testable import RingbackServer

struct StorageHealthTests {
    private final class Lines: LogHandler, Sendable {
        let lines = Mutex<[String]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let number = event.metadata?["failures"] ?? event.metadata?["after"] ?? ""
            lines.withLock { $0.append("\(event.message) \(number)") }
        }
    }

    private let lines = Lines()
    private let health: StorageHealth
    private let start = ManualTime.monotonicStart

    init() { health = StorageHealth(logger: Logger(label: "test") { [lines] _ in lines }) }

    @Test func `Failed writes are logged at most every ten seconds, with their number, until one succeeds`() {
        for milliseconds in stride(from: 0, through: 25_000, by: 500) {
            health.failed(StoreFailure(.write, "no"), at: start + .milliseconds(milliseconds))
            #expect(health.isFailing)
        }
        health.committed(at: start + .seconds(26))
        #expect(!health.isFailing)
        health.committed(at: start + .seconds(27))
        #expect(
            lines.lines.withLock(\.self) == [
                "the database failed 1", "the database failed 20", "the database failed 20",
                "the database can be written again 26.0 seconds",
            ])
    }

    @Test func `A failed read does not mean that writes fail`() {
        health.failed(StoreFailure(.read, "no"), at: start)
        #expect(!health.isFailing)
        health.failed(StoreFailure(.write, "no"), at: start)
        #expect(lines.lines.withLock(\.count) == 2, "each kind has its own line")
    }
}
