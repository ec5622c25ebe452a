import RingbackCore
import RingbackModel
import Synchronization
import Testing

/// What the store knows about live calls without a read: who is busy, and in which calls a device participates.
struct LiveCallContract {
    static let cases = [
        StoreCase("A caller is busy at once, a callee once a device has accepted") { stores in
            try await LiveCallContract(stores).`A caller is busy at once, a callee once a device has accepted`()
        },
        StoreCase("A blocked caller's call does not make the callee busy") { stores in
            try await LiveCallContract(stores).`A blocked caller's call does not make the callee busy`()
        },
        StoreCase("A user in two calls is busy until both have ended") { stores in
            try await LiveCallContract(stores).`A user in two calls is busy until both have ended`()
        },
        StoreCase("A reopened store has the same state") { stores in
            try await LiveCallContract(stores).`A reopened store has the same state`()
        },
        StoreCase("The live state matches the calls, whatever happens to them") { stores in
            for argument in 0..<10 as Range<UInt64> {
                try await LiveCallContract(stores).`The live state matches the calls, whatever happens to them`(
                    seed: argument)
            }
        },
    ]

    private let stores: StoreFactory

    private let exchange: Exchange
    private let commits = Commits()
    private var store: any Store { exchange.store }

    private final class Commits: Sendable {
        private let commits = Mutex<[Commit]>([])
        func append(_ commit: Commit) { commits.withLock { $0.append(commit) } }
        var newest: Commit? { commits.withLock(\.last) }
    }

    init(_ stores: StoreFactory) async throws {
        self.stores = stores

        exchange = try await Exchange.withCast(in: stores)
        exchange.store.observeCommits { [commits] in commits.append($0) }
    }

    private func busy(in store: (any Store)? = nil) async throws -> Set<UserID> {
        let users = Cast.devices.map(\.userId)
        let known = try await (store ?? self.store).presence.presence(of: users)
        return Set(zip(users, known).filter(\.1.isBusy).map(\.0))
    }

    private func calls(in store: (any Store)? = nil) async throws -> [Participant: [CallID]] {
        try await (store ?? self.store).presence.liveCalls(of: Cast.devices)
    }

    func `A caller is busy at once, a callee once a device has accepted`() async throws {
        let id = try await exchange.invite()
        #expect(commits.newest?.users == [Cast.vasya.userId] && commits.newest?.joined == [Cast.vasya])
        #expect(try await busy() == [Cast.vasya.userId])
        #expect(try await calls() == [Cast.vasya: [id]])
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(commits.newest?.users == [Cast.petya.userId] && commits.newest?.joined == [Cast.vasya, Cast.petya])
        #expect(try await busy() == [Cast.vasya.userId, Cast.petya.userId])
        #expect(try await calls() == [Cast.vasya: [id], Cast.petya: [id]])
        _ = try await exchange.calls.perform(.connected, on: id, by: Cast.petya)
        #expect(commits.newest?.users == [] && commits.newest?.joined == [], "nothing new")
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.vasya)
        #expect(commits.newest?.users == [Cast.vasya.userId, Cast.petya.userId] && commits.newest?.joined == [])
        #expect(store.liveCallCount == 0)
        #expect(try await busy() == [])
        #expect(try await calls() == [:])
    }

    func `A blocked caller's call does not make the callee busy`() async throws {
        try await store.write {
            try $0.block(
                Cast.vasya.userId, by: Cast.petya.userId, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
        }
        let id = try await exchange.invite()
        #expect(try await busy() == [Cast.vasya.userId])
        #expect(try await calls() == [Cast.vasya: [id]])
    }

    func `A user in two calls is busy until both have ended`() async throws {
        let ids = [try await exchange.connectingCall(), try await exchange.connectingCall()]
        #expect(try await calls()[Cast.petya].map { Set($0) } == Set(ids))
        _ = try await exchange.calls.endByAdministrator(ids[0])
        #expect(try await busy().contains(Cast.petya.userId))
        #expect(try await calls()[Cast.petya] == [ids[1]])
        _ = try await exchange.calls.endByAdministrator(ids[1])
        #expect(try await busy() == [])
    }

    func `A reopened store has the same state`() async throws {
        let database = try TemporaryDatabase()
        let id: CallID
        do {
            let exchange = try Exchange(in: stores, database)
            try await exchange.register(Cast.devices)
            id = try await exchange.connectingCall()
        }
        let store = try Exchange(in: stores, database).store
        #expect(try await busy(in: store).contains(Cast.petya.userId))
        #expect(try await calls(in: store)[Cast.petya] == [id])
        #expect(store.liveCallCount == 1)
    }

    func `The live state matches the calls, whatever happens to them`(seed: UInt64) async throws {
        var random = (0..<6).map { RandomCall(seed: seed * 100 + UInt64($0), id: Cast.callID($0)) }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let index = generator.number(below: random.count)
            random[index].step()
            let call = random[index].call
            try await store.change { try $0.save(call) }
        }
        let states = random.map(\.call)
        try await store.change { for call in states { try $0.save(call) } }
        #expect(store.liveCallCount == states.count { $0.isLive })
        let busy = try await busy()
        #expect(busy.contains(Cast.vasya.userId) == states.contains { $0.isLive })
        #expect(busy.contains(Cast.petya.userId) == states.contains { $0.isUnderWay })
        let calls = try await self.calls()
        for device in Cast.devices {
            let expected = states.filter { $0.isLive && $0.side(of: device) != nil }.map(\.id)
            #expect(Set(calls[device] ?? []) == Set(expected), "seed \(seed)")
        }
    }
}
