import RingbackModel
import Testing

@testable import RingbackPostgres

@Suite(.enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct PostgresConnectionTests {
    private func connect() throws -> PostgresConnection {
        PostgresConnection(PostgresStore.settings(try PostgresURL(TestDatabase.text ?? ""), "test"))
    }

    private func notify(_ channel: String, _ payload: String) -> Statement {
        Statement("SELECT pg_notify($1, $2)", .text(channel), .text(payload))
    }

    @Test func `A connection takes the notifications of others, and not its own`() throws {
        let channel = "test_\(OpaqueText.random(bytes: 12))"
        let (one, other) = (try connect(), try connect())
        defer {
            one.close()
            other.close()
        }
        for connection in [one, other] { try connection.run(Statement("LISTEN \"\(channel)\"")) }
        try other.run(notify(channel, "before"))
        try one.run(notify(channel, "own"))
        try other.run(notify(channel, "after"))
        // What was notified before a statement has come when that has been answered.
        for connection in [one, other] { try connection.run(Statement("SELECT 1")) }
        #expect(try one.takeNotifications() == ["before", "after"])
        #expect(try other.takeNotifications() == ["own"])
    }

    @Test func `A wake-up ends a wait for input, once`() throws {
        let connection = try connect()
        defer { connection.close() }
        try connection.open()
        let wakeUp = try WakeUp()
        // More than a pipe holds.
        for _ in 1...100_000 { wakeUp.signal() }
        #expect(connection.waitForInput(.seconds(60), or: wakeUp))
        #expect(!connection.waitForInput(.milliseconds(1), or: wakeUp))
    }
}
