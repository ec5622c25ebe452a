import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

/// A database with a maximum size: the oldest content is removed, and what ends something can be written until the end.
@Suite(
    .serialized,
    .enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct MaximumSizeTests {
    private static let maximum = 1 << 23
    /// How far a database that is so small may exceed it between two measurements.
    private static let bound = maximum * 9 / 8

    private let exchange: Exchange
    private let store: any Store

    init() async throws {
        exchange = try await Exchange.withCast(in: .postgresql(maximumBytes: Self.maximum))
        store = exchange.store
    }

    /// Bytes of the tables with their indexes, and bytes of them that are in use.
    private func size() throws -> (files: Int, used: Int) {
        let connection = PostgresConnection(
            PostgresStore.settings(try TestDatabase.separateURL(for: exchange.database.path), "test"))
        return (try TableSizes.total(connection), try TableSizes.used(connection))
    }

    /// Performs what is refused until there is room.
    private func persistently<Value>(_ work: () async throws -> Value) async throws -> Value {
        for _ in 0..<10_000 {
            do {
                return try await work()
            } catch let problem as Problem where problem.code == .storageUnavailable {
                // Takes some time.
                _ = try await store.read { try $0.account(Cast.vasya.userId) }
            }
        }
        return try await work()
    }

    @Test func `A full database takes what ends a call or a session`() async throws {
        let (calls, vasya, petya) = (exchange.calls, Cast.vasya, Cast.petya)
        let accepted = try await exchange.connectingCall()
        let (ringing, another) = (try await exchange.invite(), try await exchange.invite())
        let users = try await exchange.fillDatabase()
        #expect(users.count > 100)

        #expect(await problemCode { _ = try await exchange.invite() } == .storageUnavailable)
        #expect(
            await problemCode { _ = try await calls.perform(.connected, on: accepted, by: vasya) }
                == .storageUnavailable)
        _ = try await calls.perform(.hangUp(.completed), on: accepted, by: vasya)
        _ = try await calls.perform(.cancel, on: ringing, by: vasya)
        _ = try await calls.perform(.decline(message: nil), on: another, by: petya)
        try await store.write(.essential) { try $0.delete(Cast.vasyaTablet.deviceId) }
        #expect(store.liveCallCount == 0)
        #expect(try await store.read { try $0.device(Cast.vasyaTablet.deviceId) } == nil)
        let size = try size()
        #expect(size.files <= Self.bound, "\(size)")
    }

    @Test func `Whoever writes much loses the oldest events, and the calls of others go on`() async throws {
        let (calls, vasya, petya) = (exchange.calls, Cast.vasya, Cast.petya)
        let other = try Exchange.callID(in: try await calls.invite(Cast.invitation(from: Cast.stranger)))
        let text = "candidate:1 1 udp 1 127.0.0.1 9 typ host " + String(repeating: "x", count: 900)
        let candidates = Array(repeating: Cast.json(#"{"candidate":"\#(text)","sdpMid":"0"}"#), count: 6)
        var (written, largest) = (0, 0)
        for _ in 0..<6 {
            let id = try await persistently { try await exchange.connectingCall() }
            for round in 0..<600 {
                let device = round.isMultiple(of: 2) ? vasya : petya
                let refusal = await problemCode {
                    _ = try await calls.addCandidates(candidates, negotiation: nil, on: id, by: device)
                }
                #expect(refusal == nil || refusal == .storageUnavailable)
                if refusal == nil { written += candidates.count * text.utf8.count }
            }
            largest = max(largest, try size().used)
            _ = try await calls.perform(.hangUp(.completed), on: id, by: vasya)
        }
        #expect(written > 3 * Self.maximum / 2)
        #expect(largest <= Self.bound)
        // Space that was freed is used again, but not before it is vacuumed, and VACUUM frees no rows that an older
        // transaction may see, also one of another database: scripts/test runs these tests apart.
        let size = try size()
        #expect(size.files <= Self.maximum * 7 / 4, "\(size)")
        _ = try await calls.perform(.cancel, on: other, by: Cast.stranger)
        #expect(store.liveCallCount == 0)
        let id = try await persistently { try await exchange.connectingCall() }
        #expect(
            try await calls.addCandidates(Array(candidates.prefix(1)), negotiation: nil, on: id, by: vasya).status
                == 202)
    }

    @Test func `The audit log gives way as well`() async throws {
        let key = try #require(ServerKey.Name("backend"))
        let now = exchange.time.now
        var refused = 0
        for _ in 0..<3000 {
            let refusal = await problemCode {
                try await store.write { store in
                    for _ in 0..<20 {
                        try store.record(
                            AuditEntry(
                                time: now, key: key, operation: "listDevices", user: Cast.vasya.userId,
                                object: String(repeating: "x", count: 60)))
                    }
                }
            }
            if refusal != nil { refused += 1 }
        }
        #expect(refused < 2000)
        let newest = try await store.read { try $0.audit(AuditQuery(limit: 1)) }.first
        #expect(try #require(newest).number > 2000)
        let size = try size()
        #expect(size.used <= Self.bound, "\(size), \(refused) refused")
    }

    @Test func `The share of a table that is in use is known without reading all of it`() async throws {
        let key = try #require(ServerKey.Name("backend"))
        let connection = PostgresConnection(
            PostgresStore.settings(try TestDatabase.separateURL(for: exchange.database.path), "test"))
        for _ in 0..<12 {
            try connection.run(
                Statement(
                    """
                    INSERT INTO audit (time, key_name, operation, object)
                    SELECT 0, $1, 'listDevices', repeat('x', 200) FROM generate_series(1, 5000)
                    """, .text(key.rawValue)))
        }
        let (total, full) = (try TableSizes.total(connection), try TableSizes.used(connection))
        #expect(full > total * 8 / 10 && full <= total)
        try connection.run(Statement("DELETE FROM audit WHERE number % 4 <> 0"))
        let quarter = try TableSizes.used(connection)
        #expect(quarter > total / 6 && quarter < total * 2 / 5, "\(quarter) of \(total)")
        try TableSizes.vacuum(connection)
        try connection.run(
            Statement(
                "INSERT INTO audit (time, key_name, operation, object) SELECT 0, $1, 'x', repeat('x', 200) FROM generate_series(1, 20000)",
                .text(key.rawValue)))
        let again = try TableSizes.total(connection)
        #expect(again < total * 11 / 10, "what was freed is used again")
    }
}
