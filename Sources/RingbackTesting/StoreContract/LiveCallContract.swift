import RingbackCore
import RingbackModel
import Synchronization
import Testing

/// What the store knows of live calls without being read: who is busy, and what calls a device takes part in.
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
        StoreCase("A store that is opened again knows the same") { stores in
            try await LiveCallContract(stores).`A store that is opened again knows the same`()
        },
        StoreCase("Whatever happens to calls, it knows what the calls say") { stores in
            for argument in 0..<10 as Range<UInt64> {
                try await LiveCallContract(stores).`Whatever happens to calls, it knows what the calls say`(
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

    func `A caller is busy at once, a callee once a device has accepted`() async throws {
        let id = try await exchange.invite()
        #expect(commits.newest?.users == [Cast.vasya.userId] && commits.newest?.joined == [])
        #expect(store.isBusy(Cast.vasya.userId) && !store.isBusy(Cast.petya.userId))
        #expect(store.callsUnderWay(of: Cast.vasya) == [])
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(commits.newest?.users == [Cast.petya.userId] && commits.newest?.joined == [Cast.vasya, Cast.petya])
        #expect(store.isBusy(Cast.petya.userId))
        #expect(store.callsUnderWay(of: Cast.petya) == [id] && store.callsUnderWay(of: Cast.petyaTablet) == [])
        _ = try await exchange.calls.perform(.connected, on: id, by: Cast.petya)
        #expect(commits.newest?.users == [] && commits.newest?.joined == [], "nothing new")
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.vasya)
        #expect(commits.newest?.users == [Cast.vasya.userId, Cast.petya.userId] && commits.newest?.joined == [])
        #expect(store.liveCallCount == 0 && !store.isBusy(Cast.vasya.userId))
        #expect(store.callsUnderWay(of: Cast.vasya) == [])
    }

    func `A blocked caller's call does not make the callee busy`() async throws {
        try await store.write { try $0.block(Cast.vasya.userId, by: Cast.petya.userId, at: ManualTime.start) }
        _ = try await exchange.invite()
        #expect(!store.isBusy(Cast.petya.userId) && store.isBusy(Cast.vasya.userId))
    }

    func `A user in two calls is busy until both have ended`() async throws {
        let ids = [try await exchange.connectingCall(), try await exchange.connectingCall()]
        #expect(store.callsUnderWay(of: Cast.petya).count == 2)
        _ = try await exchange.calls.endByAdministrator(ids[0])
        #expect(store.isBusy(Cast.petya.userId) && store.callsUnderWay(of: Cast.petya) == [ids[1]])
        _ = try await exchange.calls.endByAdministrator(ids[1])
        #expect(!store.isBusy(Cast.petya.userId))
    }

    func `A store that is opened again knows the same`() async throws {
        let database = try TemporaryDatabase()
        let id: CallID
        do {
            let exchange = try Exchange(in: stores, database)
            try await exchange.register(Cast.devices)
            id = try await exchange.connectingCall()
        }
        let store = try Exchange(in: stores, database).store
        #expect(store.isBusy(Cast.petya.userId) && store.callsUnderWay(of: Cast.petya) == [id])
        #expect(store.liveCallCount == 1)
    }

    func `Whatever happens to calls, it knows what the calls say`(seed: UInt64) async throws {
        var calls = (0..<6).map { RandomCall(seed: seed * 100 + UInt64($0), id: Cast.callID($0)) }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let index = generator.number(below: calls.count)
            calls[index].step()
            let call = calls[index].call
            try await store.change { try $0.save(call) }
        }
        let states = calls.map(\.call)
        try await store.change { for call in states { try $0.save(call) } }
        #expect(store.liveCallCount == states.count { $0.isLive })
        #expect(store.isBusy(Cast.vasya.userId) == states.contains { $0.isLive })
        #expect(store.isBusy(Cast.petya.userId) == states.contains { $0.isUnderWay })
        for device in Cast.devices {
            let expected = states.filter { $0.isUnderWay && $0.side(of: device) != nil }.map(\.id)
            #expect(Set(store.callsUnderWay(of: device)) == Set(expected), "seed \(seed)")
        }
    }
}
