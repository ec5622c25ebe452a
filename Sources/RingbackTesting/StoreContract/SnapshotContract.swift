import RingbackCore
import RingbackModel
import Testing

/// Snapshots, with which a client without a cursor begins.
struct SnapshotContract {
    static let cases = [
        StoreCase("A participating device gets what it needs to rejoin, the others get the call") { stores in
            try await SnapshotContract(stores)
                .`A participating device gets what it needs to rejoin, the others get the call`()
        },
        StoreCase("Ended calls are not in a snapshot, and reading continues after its cursor") { stores in
            try await SnapshotContract(stores)
                .`Ended calls are not in a snapshot, and reading continues after its cursor`()
        },
    ]

    private let stores: StoreFactory

    init(_ stores: StoreFactory) { self.stores = stores }

    func `A participating device gets what it needs to rejoin, the others get the call`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.connectingCall()
        let candidate = Cast.json(#"{"candidate":"a"}"#)
        for number in 1...2 {
            _ = try await exchange.calls.sendOffer(
                Cast.json(#""o\#(number)""#), negotiation: number, iceRestart: false, on: id, by: Cast.vasya)
            _ = try await exchange.calls.addCandidates([candidate], negotiation: number, on: id, by: Cast.vasya)
            _ = try await exchange.calls.sendAnswer(
                Cast.json(#""a\#(number)""#), negotiation: number, on: id, by: Cast.petya)
        }
        _ = try await exchange.calls.addCandidates([candidate], negotiation: nil, on: id, by: Cast.vasya)

        let snapshot = try await exchange.calls.snapshot(for: Cast.petya)
        let call = try #require(snapshot.calls.first)
        #expect(call.call.callId == id && call.offer?.negotiation == 2 && call.answer?.negotiation == 2)
        #expect(call.candidates?.map(\.negotiation) == [2, nil], "the newest negotiation's, and those of none")
        #expect(
            snapshot.cursor == Cursor(epoch: exchange.store.epoch, position: try await newest(Cast.petya, exchange)))
        #expect(try JSONSlice(parsing: call.json)["candidates"]?.elements?.count == 2)

        let other = try #require(try await exchange.calls.snapshot(for: Cast.petyaTablet).calls.first)
        #expect(other.call.callId == id && other.offer == nil && other.answer == nil && other.candidates == nil)
        #expect(try JSONSlice(parsing: other.json)["candidates"] == nil)
        #expect(try await exchange.calls.snapshot(for: Cast.stranger).calls.isEmpty)
    }

    private func newest(_ device: Participant, _ exchange: Exchange) async throws -> Int64 {
        try await exchange.store.read { try $0.newestPosition(of: device.userId) }
    }

    func `Ended calls are not in a snapshot, and reading continues after its cursor`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let feed = EventFeed(store: exchange.store)
        let id = try await exchange.invite()
        let snapshot = try await exchange.calls.snapshot(for: Cast.petya)
        #expect(snapshot.calls.map(\.call.state) == [.inviting])
        _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        let page = try await feed.read(after: snapshot.cursor, for: Cast.petya, limit: 10)
        #expect(page.events.map(\.body.type) == [.callEnded])
        #expect(try await exchange.calls.snapshot(for: Cast.petya).calls.isEmpty)
    }
}
