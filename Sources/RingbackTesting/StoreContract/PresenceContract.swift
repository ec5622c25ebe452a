import RingbackCore
import RingbackModel
import Synchronization
import Testing

/// What the store promises of devices that come and go, and of those whose token is void.
struct PresenceContract {
    static let cases = [
        StoreCase("Coming and going is announced, and known") { stores in
            try await PresenceContract(stores).`Coming and going is announced, and known`()
        },
        StoreCase("A device that takes part in a call is expected, also by a store that is opened again") { stores in
            try await PresenceContract(stores)
                .`A device that takes part in a call is expected, also by a store that is opened again`()
        },
        StoreCase("While a call rings, its caller is expected, even after the store was reopened") { stores in
            try await PresenceContract(stores)
                .`While a call rings, its caller is expected, even after the store was reopened`()
        },
        StoreCase("A loss is returned once, and again if it could not be reported") { stores in
            try await PresenceContract(stores).`A loss is returned once, and again if it could not be reported`()
        },
        StoreCase("When devices were last seen is stored, and those that have gone are named") { stores in
            try await PresenceContract(stores)
                .`When devices were last seen is stored, and those that have gone are named`()
        },
        StoreCase("When very many devices were last seen is stored") { stores in
            try await PresenceContract(stores).`When very many devices were last seen is stored`()
        },
        StoreCase("A commit names the devices whose token it makes void, and they are gone at once") { stores in
            try await PresenceContract(stores)
                .`A commit names the devices whose token it makes void, and they are gone at once`()
        },
    ]

    private let stores: StoreFactory
    private let exchange: Exchange
    private let observer = Observer()
    private var store: any Store { exchange.store }
    private var presence: any PresenceStore { exchange.store.presence }

    private final class Observer: StoreObserver {
        private struct State {
            var ended: [Participant] = []
            var announced: Set<UserID> = []
        }

        private let state = Mutex(State())

        func committed(_ commit: Commit) { state.withLock { $0.ended += commit.ended.map(\.participant) } }

        func changed(_ signal: StoreSignal) {
            if case .presence(let users) = signal { state.withLock { $0.announced.formUnion(users) } }
        }

        var ended: [Participant] {
            state.withLock { state in
                defer { state.ended = [] }
                return state.ended
            }
        }

        var announced: Set<UserID> {
            state.withLock { state in
                defer { state.announced = [] }
                return state.announced
            }
        }
    }

    init(_ stores: StoreFactory) async throws {
        self.stores = stores
        exchange = try await Exchange.withCast(in: stores)
        exchange.store.observe(observer)
    }

    private func isPresent(_ participant: Participant) async throws -> Bool {
        try await presence.presence(of: [participant.userId])[0].isPresent
    }

    func `Coming and going is announced, and known`() async throws {
        #expect(try await presence.presence(of: [Cast.vasya.userId])[0].lastSeenAt == nil)
        presence.opened(Cast.vasya)
        #expect(observer.announced == [Cast.vasya.userId])
        let known = try await presence.presence(of: [Cast.petya.userId, Cast.vasya.userId])
        #expect(known.map(\.status) == [.offline, .online])
        #expect(known[1].lastSeenAt == ManualTime.start)
        exchange.time.advance(by: .seconds(1))
        presence.closed(Cast.vasya, isPoll: false)
        #expect(observer.announced == [])
        exchange.time.advance(by: DevicePresence.streamGrace)
        #expect(try await presence.takeSignaling() == [Cast.vasya: false])
        #expect(observer.announced == [Cast.vasya.userId])
        #expect(try await !isPresent(Cast.vasya))
    }

    func `A device that takes part in a call is expected, also by a store that is opened again`() async throws {
        let database = try TemporaryDatabase()
        do {
            let exchange = try Exchange(in: stores, database)
            try await exchange.register(Cast.devices)
            let id = try await exchange.connectingCall()
            try await exchange.calls.setReconnecting(true, Cast.petya, in: [id])
            exchange.time.advance(by: DevicePresence.pollGrace)
            #expect(try await exchange.store.presence.takeSignaling() == [Cast.vasya: false, Cast.petya: false])
        }
        let again = try Exchange(in: stores, database)
        // A store may look at most twice a second.
        again.time.advance(by: DevicePresence.pollGrace - .milliseconds(500))
        #expect(try await again.store.presence.takeSignaling() == [:])
        again.time.advance(by: .milliseconds(500))
        #expect(try await again.store.presence.takeSignaling() == [Cast.vasya: false], "the other was lost already")
        again.store.presence.signaled(Cast.petya)
        #expect(try await again.store.presence.takeSignaling() == [Cast.petya: true])
    }

    func `While a call rings, its caller is expected, even after the store was reopened`() async throws {
        let database = try TemporaryDatabase()
        let id: CallID
        do {
            let exchange = try Exchange(in: stores, database)
            try await exchange.register(Cast.devices)
            id = try await exchange.invite(Cast.invitation(ringSeconds: 180))
            exchange.time.advance(by: DevicePresence.pollGrace)
            #expect(try await exchange.store.presence.takeSignaling() == [Cast.vasya: false])
        }
        let again = try Exchange(in: stores, database)
        again.time.advance(by: DevicePresence.pollGrace)
        let lost = try await again.store.presence.takeSignaling()
        #expect(lost == [Cast.vasya: false])
        try await again.calls.note(signaling: lost)
        #expect(try await again.call(id)?.callerSide.reconnectingSince == again.time.now)
        again.time.advance(by: .seconds(15))
        try await again.calls.expire()
        #expect(try await again.call(id)?.ending?.reason == .canceled)
        let missed = try await again.calls.history(HistoryQuery(user: Cast.petya.userId, limit: 1))
        #expect(missed.first?.missed == true)
    }

    func `A loss is returned once, and again if it could not be reported`() async throws {
        presence.signaled(Cast.vasya)
        let back = try await presence.takeSignaling()
        #expect(back == [Cast.vasya: true])
        #expect(try await presence.takeSignaling() == [:])
        try await presence.putBack(back)
        #expect(try await presence.takeSignaling() == back)
        exchange.time.advance(by: DevicePresence.pollGrace)
        try await presence.putBack(back)
        #expect(try await presence.takeSignaling() == [Cast.vasya: false], "what happened meanwhile counts")
    }

    func `When devices were last seen is stored, and those that have gone are named`() async throws {
        presence.opened(Cast.vasya)
        presence.signaled(Cast.petya)
        exchange.time.advance(by: .seconds(60))
        _ = try await presence.takeSignaling()
        presence.signaled(Cast.vasya)
        #expect(try await presence.maintain() == [Cast.petya])
        let seen = try await store.read { store in
            try [Cast.vasya, Cast.petya].map { try store.device($0.deviceId)?.lastSeenAt }
        }
        #expect(seen == [ManualTime.start + .seconds(60), ManualTime.start])
        #expect(try await presence.maintain() == [])
    }

    func `When very many devices were last seen is stored`() async throws {
        let devices = try (100..<350).map { number in
            Participant(userId: Cast.vasya.userId, deviceId: try #require(DeviceID("device-\(number)")))
        }
        try await store.write { store in
            for device in devices { try store.save(Exchange.record(of: device)) }
        }
        exchange.time.advance(by: .seconds(60))
        for device in devices { presence.opened(device) }
        _ = try await presence.maintain()
        let seen = try await store.read { store in
            try devices.map { try store.device($0.deviceId)?.lastSeenAt }
        }
        #expect(seen == Array(repeating: ManualTime.start + .seconds(60), count: devices.count))
    }

    func `A commit names the devices whose token it makes void, and they are gone at once`() async throws {
        for device in Cast.devices { presence.opened(device) }
        try await store.write { try $0.delete(Cast.vasya.deviceId) }
        #expect(observer.ended == [Cast.vasya])
        #expect(try await isPresent(Cast.vasyaTablet))
        var record = Exchange.record(of: Cast.vasyaTablet)
        try await store.write { [record] in try $0.save(record) }
        #expect(observer.ended == [], "the same token")
        record.tokenHash = Array(repeating: 9, count: 32)
        try await store.write { [record] in try $0.save(record) }
        #expect(observer.ended == [Cast.vasyaTablet])
        #expect(try await !isPresent(Cast.vasya))
        try await store.write { try $0.close(Cast.petya.userId, at: ManualTime.start) }
        #expect(Set(observer.ended) == [Cast.petya, Cast.petyaTablet])
        #expect(try await !isPresent(Cast.petya))
    }
}
