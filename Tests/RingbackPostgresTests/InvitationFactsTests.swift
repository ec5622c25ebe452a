import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

@Suite(.enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct InvitationFactsTests {
    private final class Invitation: StoreJob {
        let scope: CallScope
        var priority: WritePriority { .ordinary }

        init(_ scope: CallScope) { self.scope = scope }

        func decide(on facts: any CallFacts) throws -> [CallChange] { [] }
        func complete() {}
        func fail(_ error: any Error) { Issue.record(error) }
    }

    @Test func `What invitations depend on is loaded with the other facts`() async throws {
        let exchange = try await Exchange.withCast(in: .postgresql)
        let (vasya, petya, stranger) = (Cast.vasya.userId, Cast.petya.userId, Cast.stranger.userId)
        let subscription = PushSubscription(device: Cast.petyaTablet.deviceId, .app(.fcm, token: "1"))
        try await exchange.store.write { store in
            try store.addContact(vasya, of: petya, at: ManualTime.start)
            try store.save(subscription, at: ManualTime.start)
        }
        let connection = PostgresConnection(
            PostgresStore.settings(try TestDatabase.url(for: exchange.database.path), "test"))
        let here = LiveDevices([], time: exchange.time)
        let group = CallGroup(
            connection, live: CallCache(), presence: .init(here: here, node: Node(name: "test")), time: exchange.time,
            lockSeed: 1)
        let jobs = [(Cast.vasya, petya), (Cast.stranger, petya), (Cast.vasya, stranger)].map { caller, callee in
            var scope = CallScope(
                users: [caller.userId, callee], signIn: Exchange.signIn(of: caller), callee: callee)
            scope.asksForDevices = true
            return Invitation(scope)
        }
        try group.begin(jobs)
        connection.close()
        #expect(try group.isContact(vasya, of: petya))
        #expect(try !group.isContact(stranger, of: petya))
        #expect(try !group.isContact(vasya, of: stranger))
        #expect(try group.presentDevices(of: petya) == [])
        #expect(try group.presentDevices(of: stranger) == [])
        #expect(try group.pushSubscriptions(of: petya) == [subscription])
        #expect(try group.pushSubscriptions(of: stranger) == [])
        #expect(!connection.isOpen, "nothing else was asked for")
    }
}
