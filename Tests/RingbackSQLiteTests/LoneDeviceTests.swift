import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// What a device did is told to its user's others, as soon and as long as there are any.
struct LoneDeviceTests {
    private struct Failed: Error {}

    private let exchange: Exchange

    init() async throws {
        exchange = try Exchange()
        try await exchange.register([Cast.vasya, Cast.petya])
    }

    /// The types of what a device is told, and how long its user's log is.
    private func told(_ device: Participant) async throws -> (types: [EventType], length: Int) {
        guard
            case .events(let events) = try await exchange.store.read({
                try $0.events(of: device.userId, after: 0, limit: 1000)
            })
        else { return ([], -1) }
        return (events.filter { $0.isMeant(for: device.deviceId) }.map(\.body.type), events.count)
    }

    private func call(_ commands: [CallCommand]) async throws -> CallID {
        let id = try await exchange.invite()
        for command in commands { _ = try await exchange.calls.perform(command, on: id, by: Cast.petya) }
        return id
    }

    @Test func `A user's only device is not told what it did, the other side is`() async throws {
        _ = try await call([.alerting, .accept, .hangUp(.completed)])
        let (petya, vasya) = (try await told(Cast.petya), try await told(Cast.vasya))
        #expect(petya.types == [.callIncoming] && petya.length == 1)
        #expect(vasya.types == [.callRinging, .callAccepted, .callEnded] && vasya.length == 3)
    }

    @Test func `A device that signed in is told from then on, until it signs out`() async throws {
        let id = try await call([.alerting])
        try await exchange.register([Cast.petyaTablet])
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(try await told(Cast.petyaTablet).types == [.callIncoming, .callAccepted])
        try await exchange.store.write { try $0.delete(Cast.petyaTablet.deviceId) }
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.petya)
        #expect(try await told(Cast.petyaTablet).types == [.callIncoming, .callAccepted])
    }

    /// What Petya's phone did, for everyone else.
    private static func tellOthers(_ id: CallID, in store: any StoreWriter) throws {
        let event = EventBody(
            type: .callAccepted, time: ManualTime.start, callId: id, callSeq: 3, actor: Cast.petya
        ) { _ in }
        try store.append(
            event, to: [.init(user: Cast.vasya.userId), .init(user: Cast.petya.userId, except: Cast.petya.deviceId)])
    }

    @Test func `A device that signs in by work of the same commit is told`() async throws {
        let id = try await call([.alerting])
        try await exchange.store.write { store in
            try store.save(Exchange.record(of: Cast.petyaTablet))
            try Self.tellOthers(id, in: store)
        }
        #expect(try await told(Cast.petyaTablet).types == [.callIncoming, .callAccepted])
    }

    @Test func `A device whose signing in was undone was never there`() async throws {
        let id = try await call([.alerting])
        await #expect(throws: Failed.self) {
            try await exchange.store.write { store in
                try store.save(Exchange.record(of: Cast.petyaTablet))
                // Asks who is there while it is.
                try Self.tellOthers(id, in: store)
                throw Failed()
            }
        }
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(try await told(Cast.petya).length == 1)
        #expect(try await told(Cast.vasya).types == [.callRinging, .callAccepted])
    }
}
