import GRDB
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Damaged rows.
struct DamageTests {
    private let database: TemporaryDatabase

    init() throws { database = try TemporaryDatabase() }

    private func damage(_ sql: String) async throws {
        try await DatabaseQueue(path: database.path).writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: sql)
        }
    }

    @Test(
        arguments: [
            "legs = substr(legs, 1, length(legs) - 1)", "legs = '{}'", #"legs = '[{"deviceId":"abcdefgh"}]'"#,
            "timeline = substr(timeline, 1, length(timeline) - 2)", "timeline = '[[1]]'", #"timeline = '["]'"#,
        ])
    func `A damaged row of a call is an error, not a call without its legs and timeline`(change: String) async throws {
        let id = Cast.callID()
        do {
            let exchange = try Exchange(database)
            try await exchange.register(Cast.devices)
            var call = Cast.invitedCall(id: id)
            let transition = call.endByAdministrator(at: ManualTime.start)
            let ended = call
            try await exchange.store.change { store in
                try store.save(ended, deadline: nil)
                try store.append(transition.timeline, to: id)
            }
            #expect(try await exchange.store.read { try $0.timeline(of: id) } == transition.timeline)
        }
        try await damage("UPDATE calls SET \(change)")
        let exchange = try Exchange(database)
        await #expect(throws: (any Error).self) { try await exchange.store.read { try $0.timeline(of: id) } }
    }

    @Test func `A damaged row of a user fails the reads that need it, and nothing else`() async throws {
        do { try await Exchange(database).register(Cast.devices) }
        try await damage("UPDATE users SET busy = 'perhaps' WHERE user_id = 'petya'")
        let store = try Exchange(database).store
        for _ in 0..<2 {
            await #expect(throws: (any Error).self) { try await store.write { try $0.account(Cast.petya.userId) } }
            let vasya = try await store.write { store in
                try store.block(
                    Cast.petya.userId, by: Cast.vasya.userId, at: ManualTime.start,
                    showing: Concealment(lastSeenAt: nil))
                return try store.account(Cast.vasya.userId)
            }
            #expect(vasya?.userId == Cast.vasya.userId)
        }
    }

    @Test(
        arguments: [
            "legs = '[{]'", "state = 'dreaming'", "state = 'active'", "state = 'ended'",
            "event_count = 9223372036854775807",
            "caller_candidates = -1", "keys = x'ff'", "callee_id = ''",
        ])
    func `A damaged row of a live call leaves out only that call`(change: String) async throws {
        let (bad, good, ended) = (Cast.callID(1), Cast.callID(2), Cast.callID(3))
        do {
            let exchange = try Exchange(database)
            try await exchange.register(Cast.devices)
            try await exchange.store.change { store in
                for id in [bad, good, ended] { try store.save(Cast.invitedCall(id: id), deadline: nil) }
                var call = Cast.invitedCall(id: ended)
                _ = call.endByAdministrator(at: ManualTime.start)
                try store.save(call, deadline: nil)
            }
        }
        try await damage("UPDATE calls SET \(change) WHERE call_id = '\(bad)'")
        let exchange = try Exchange(database)
        #expect(try await exchange.store.read { try $0.liveCalls() }.map(\.id) == [good])
        await #expect(throws: (any Error).self) { try await exchange.store.read { try $0.call(bad) } }
        await #expect(throws: (any Error).self) { try await exchange.calls.endByAdministrator(bad) }
        _ = try await exchange.calls.endByAdministrator(good)
        #expect(
            try await exchange.store.read { try $0.history(HistoryQuery(user: Cast.vasya.userId, limit: 9)) }.map(\.id)
                == [ended, good])
        #expect(try await exchange.invite() != bad)
    }
}
