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

    @Test func `Values arrive as they were sent`() throws {
        let connection = try connect()
        defer { connection.close() }
        let text = String(repeating: "ё", count: 70_000)
        let row = try connection.run(
            Statement(
                """
                SELECT $1, $2, $3, $4, $5[1], $5[2] IS NULL, $5[3], $6[1], $6[2], $7[1], $7[2] = ''::bytea, $8[2],
                    cardinality($9::text[]), $10::bigint IS NULL
                """, .text(text), .integer(.min), .bytes([]), .bool(true), .texts(["", nil, text]),
                .integers([nil, .max]), .byteArrays([[0, 255], []]), .bools([false, true]), .texts([]), .integer(nil))
        ).first
        let found = try #require(row)
        #expect(try found.text(0) == text && found.integer(1) == .min && found.bytes(2) == [] && found.bool(3))
        #expect(try found.text(4) == "" && found.bool(5) && found.text(6) == text)
        #expect(try found.optionalInteger(7) == nil && found.integer(8) == .max)
        #expect(try found.bytes(9) == [0, 255] && found.bool(10) && found.bool(11))
        #expect(try found.integer(12) == 0 && found.bool(13))
    }
}
