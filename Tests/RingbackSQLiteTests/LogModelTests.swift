import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// Compares the logs with plain lists of events, through failures, pruning, merging and reopening.
struct LogModelTests {
    private struct TestError: Error {}

    private struct LoggedEvent: Equatable {
        let members: [UInt8]
        let time: Timestamp
        let only: DeviceID?
    }

    private let users = [Cast.vasya.userId, Cast.petya.userId, Cast.stranger.userId]

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `The logs contain all events since the last pruning`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let database = try TemporaryDatabase()
        var store: SQLiteStore? = try SQLiteStore(path: database.path)
        try await store?.write { [users] store in
            for user in users { _ = try store.insert(Exchange.account(user)) }
        }
        var logs: [UserID: [LoggedEvent]] = [:]
        var (now, pruned) = (ManualTime.start, ManualTime.start)
        for step in 0..<60 {
            now = now + .milliseconds(.random(in: 0...2000, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                store = nil
                store = try SQLiteStore(path: database.path)
            case 1:
                let moment = now - .milliseconds(.random(in: 0...20_000, using: &random))
                pruned = max(pruned, moment)
                let never = Timestamp(milliseconds: 0)
                let compact = now - .milliseconds(.random(in: 0...20_000, using: &random))
                let horizon = PruneHorizon(events: moment, payloads: never, expiredDevices: never, compact: compact)
                while try await store?.write({ try $0.prune(horizon, limit: 3) }) == true {}
            default:
                let events = events(step, at: now, using: &random)
                let fails = Int.random(in: 0..<4, using: &random) == 0
                do {
                    try await store?.change { store in
                        for (event, audiences) in events { try store.append(event, to: audiences) }
                        if fails { throw TestError() }
                    }
                    for (event, audiences) in events {
                        for audience in audiences {
                            logs[audience.user, default: []].append(
                                LoggedEvent(members: event.members, time: event.time, only: audience.only))
                        }
                    }
                } catch is TestError {}
            }
            for user in users {
                let log = logs[user] ?? []
                let place = Int.random(in: 0...log.count, using: &random)
                try await expect(log, after: place, of: user, pruned: pruned, in: try #require(store))
            }
            if step.isMultiple(of: 10) {
                let findings = SQLiteStore.check(path: database.path, .everything).filter { $0.place == "log" }
                #expect(findings.map(\.grade) == [.fine], "\(findings)")
            }
        }
    }

    /// Events of various sizes, for one or several users.
    private func events(
        _ step: Int, at now: Timestamp, using random: inout SeededGenerator
    ) -> [(EventBody, [Transition.Audience])] {
        (0..<Int.random(in: 1...30, using: &random)).map { number in
            let length = Int.random(in: 0..<8, using: &random) == 0 ? 9000 : 10
            let event = EventBody(
                type: .callRinging, time: now, callId: Cast.callID(step), callSeq: number, actor: nil
            ) { $0.field("text", String(repeating: "x", count: length)) }
            let audience = users.shuffled(using: &random).prefix(.random(in: 1...3, using: &random))
            let only = Bool.random(using: &random) ? Cast.vasya.deviceId : nil
            return (event, audience.map { Transition.Audience(user: $0, only: only) })
        }
    }

    private func expect(
        _ log: [LoggedEvent], after place: Int, of user: UserID, pruned: Timestamp, in store: SQLiteStore
    ) async throws {
        #expect(try await store.read { try $0.newestPosition(of: user) } == Int64(log.count))
        switch try await store.read({ try $0.events(of: user, after: Int64(place), limit: 100) }) {
        case .gone: #expect(log[place...].contains { $0.time < pruned }, "after \(place) of \(log.count)")
        case .events(let events):
            let found = events.map { LoggedEvent(members: $0.body.members, time: $0.body.time, only: $0.only) }
            #expect(found == Array(log[place...].prefix(100)))
            #expect(events.map(\.position) == found.indices.map { Int64(place + 1 + $0) })
        }
    }
}
