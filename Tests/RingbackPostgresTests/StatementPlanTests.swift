import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

/// Plans are made once for each connection, often while the tables are empty.
@Suite(.enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct StatementPlanTests {
    /// The locks of calls and the search for an invitation used to scan a whole index, and with it every call.
    @Test(arguments: [true, false])
    func `What is looked up for a group is looked up by its key`(isAnalyzed: Bool) async throws {
        let exchange = try await Exchange.withCast(in: .postgresql)
        let connection = PostgresConnection(
            PostgresStore.settings(try TestDatabase.url(for: exchange.database.path), "test"))
        defer { connection.close() }
        if isAnalyzed { try connection.run(Statement("ANALYZE calls, invitations")) }
        let group = CallGroup(
            connection, live: CallCache(),
            presence: .init(here: LiveDevices([], time: exchange.time), node: Node(name: "test")),
            time: exchange.time, lockSeed: 1)
        let key = InvitationKey(WriteKey(id: 1, fingerprint: 1), of: Cast.vasya.deviceId)
        let statements = [
            group.statement(calls: [Cast.callID()], users: [Cast.vasya.userId.rawValue]),
            group.statement(calls: [Cast.callID()], users: []),
            CallGroup.statement([key], at: ManualTime.start),
        ]
        for statement in statements {
            let plan = try connection.run(Statement("EXPLAIN \(statement.sql)", all: statement.parameters))
                .map { try $0.text(0) }
            for (line, next) in zip(plan, plan.dropFirst()) where line.contains("_pkey") {
                #expect(next.contains("Index Cond"), Comment(rawValue: plan.joined(separator: "\n")))
            }
            #expect(plan.contains { $0.contains("calls_pkey") })
        }
    }
}
