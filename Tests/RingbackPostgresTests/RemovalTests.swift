import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

/// What is removed from the database, in which order, and what happens if it can't be.
@Suite(
    .serialized,
    .enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct RemovalTests {
    private let exchange: Exchange
    private let store: any Store

    init() async throws {
        exchange = try await Exchange.withCast(in: .postgresql)
        store = exchange.store
    }

    private func execute(_ statements: String...) throws {
        let connection = PostgresConnection(
            PostgresStore.settings(try TestDatabase.url(for: exchange.database.path), "test"))
        for statement in statements { try connection.run(Statement(statement)) }
    }

    @Test func `A user who can't be erased keeps no other from being erased, and is erased later`() async throws {
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        try await store.write { store in
            for user in [vasya, petya] { try store.close(user, at: ManualTime.start) }
        }
        try execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$
            """,
            """
            CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW
            WHEN (NEW.user_id = '\(vasya)' AND NEW.password_hash = '') EXECUTE FUNCTION refuse()
            """)
        // As a node that starts finds it.
        let again = try Exchange(in: .postgresql, exchange.database, time: exchange.time)
        var failed: [UserID] = []
        try await again.calls.finishErasing { user, _ in failed.append(user) }
        #expect(failed == [vasya])
        #expect(try await again.store.read { try $0.closedUsers() } == [vasya])

        try execute("DROP TRIGGER refuse ON users", "DROP FUNCTION refuse")
        try await again.calls.finishErasing { Issue.record("\($0): \($1)") }
        #expect(try await again.store.read { try $0.closedUsers() } == [])
    }

    @Test func `The audit log is removed after everything else`() async throws {
        let key = try #require(ServerKey.Name("backend"))
        let entry = AuditEntry(
            time: exchange.time.now, key: key, operation: "listDevices", user: Cast.vasya.userId, object: nil)
        try await store.write { try $0.record(entry) }
        let id = try await exchange.invite()
        _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        var (left, steps) = ([true, true], 0)
        while left[0], steps < 100 {
            try await store.write { store in
                _ = try #require(store as? PostgresTransaction).pruneOldest(limit: 10)
            }
            left = [
                try await exchange.call(id) != nil,
                try await !store.read { try $0.audit(AuditQuery(limit: 1)) }.isEmpty,
            ]
            steps += 1
        }
        #expect(left == [false, true])
        let isRemoved = try await store.write {
            try #require($0 as? PostgresTransaction).pruneOldest(limit: 10)
        }
        #expect(isRemoved)
        #expect(try await store.read { try $0.audit(AuditQuery(limit: 1)) }.isEmpty)
    }
}
