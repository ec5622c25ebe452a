import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

/// What waits for a user whom another transaction has locked, and what does not.
@Suite(
    .serialized,
    .enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct UserLockTests {
    private let exchange: Exchange

    init() async throws { exchange = try await Exchange.withCast(in: .postgresql) }

    private func connect() throws -> PostgresConnection {
        PostgresConnection(PostgresStore.settings(try TestDatabase.url(for: exchange.database.path), "test"))
    }

    /// Holds the lock of a user until the end of the connection.
    private func lock(_ user: UserID) throws -> PostgresConnection {
        let connection = try connect()
        let seed = try connection.run(
            Statement("SELECT hashtextextended(value, 0) FROM meta WHERE key = 'epoch'")
        ).first?.integer(0)
        _ = try connection.run([
            Statement("BEGIN"), Statement("SET LOCAL idle_in_transaction_session_timeout = 0"),
            CallGroup.lock([user.rawValue], seed: try #require(seed)),
        ])
        return connection
    }

    @Test func `Calls of others go on while a user is locked`() async throws {
        let id = try await exchange.connectingCall()
        let lock = try lock(Cast.stranger.userId)
        defer { lock.close() }
        let toStranger = Cast.invitation(to: Cast.stranger.userId)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            // The first of them is waited for; what comes meanwhile is one group.
            for _ in 0..<8 {
                group.addTask { await problemCode { _ = try await exchange.invite(toStranger) } == .storageUnavailable }
            }
            for number in 0..<20 {
                group.addTask {
                    await problemCode {
                        _ = try await exchange.calls.addCandidates(
                            [Cast.json(#"{"candidate":"\#(number)","sdpMid":"0"}"#)], negotiation: nil, on: id,
                            by: Cast.vasya)
                    } == nil
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes == Array(repeating: true, count: 28))
    }

    @Test func `A user is erased while others hold the user's lock`() async throws {
        let petya = Cast.petya.userId
        try await exchange.store.write { try $0.close(petya, at: ManualTime.start) }
        let lock = try lock(petya)
        defer { lock.close() }
        try await exchange.calls.finishErasing { Issue.record("\($0): \($1)") }
        #expect(try await exchange.store.read { try $0.closedUsers() } == [])
    }

    @Test func `A user who can't be erased now does not keep another from being erased`() async throws {
        let (petya, stranger) = (Cast.petya.userId, Cast.stranger.userId)
        try await exchange.store.write { store in
            for user in [petya, stranger] { try store.close(user, at: ManualTime.start) }
        }
        let other = try connect()
        defer { other.close() }
        _ = try other.run([
            Statement("BEGIN"), Statement("SET LOCAL idle_in_transaction_session_timeout = 0"),
            Statement("SELECT 1 FROM users WHERE user_id = $1 FOR UPDATE", .text(petya.rawValue)),
        ])
        var failed: [UserID] = []
        try await exchange.calls.finishErasing { user, _ in failed.append(user) }
        #expect(failed == [petya])
        #expect(try await exchange.store.read { try $0.closedUsers() } == [petya])
        other.close()
        try await exchange.calls.finishErasing { Issue.record("\($0): \($1)") }
        #expect(try await exchange.store.read { try $0.closedUsers() } == [])
    }
}
