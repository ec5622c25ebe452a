import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Live calls are restored from the log by another process.
struct ReplayTests {
    /// Everything that can be read of a call.
    private struct Reading: Equatable {
        var call: CallState?
        var timeline: [TimelineEntry]
        var offer: Description?
        var answer: Description?
        var candidates: [[StoredCandidate]]

        init(_ id: CallID, _ store: any StoreReader) throws {
            call = try store.call(id)
            timeline = try store.timeline(of: id)
            offer = try store.newestDescription(.offer, of: id)
            answer = try store.newestDescription(.answer, of: id)
            candidates = try [Cast.vasya.userId, Cast.petya.userId].map {
                try store.candidates(of: id, from: $0, after: 0, limit: 10_000)
            }
        }
    }

    private func reading(_ calls: [CallID], in exchange: Exchange) async throws -> [Reading] {
        try await exchange.store.read { store in try calls.map { try Reading($0, store) } }
    }

    /// The request for a random command.
    private static func change(_ command: CallCommand, _ number: Int) -> CallRequest.Change {
        switch command {
        case .offer(let negotiation, let iceRestart):
            .offer(Cast.json("\"offer \(number)\""), negotiation: negotiation, iceRestart: iceRestart)
        case .answer(let negotiation): .answer(Cast.json("\"answer \(number)\""), negotiation: negotiation)
        case .candidates(let count, let negotiation):
            .candidates(
                (0..<count).map { Cast.json(#"{"candidate":"\#(number) \#($0)"}"#) }, negotiation: negotiation)
        case .media(let media): .media(media)
        case .quality: .quality(Cast.json("{}"))
        default: .command(command)
        }
    }

    /// Drives a call with random commands, and loses and restores its devices.
    private func drive(_ seed: UInt64, _ exchange: Exchange) async throws -> CallID {
        let id = try await exchange.invite()
        var random = RandomCall(seed: seed)
        for number in 0..<60 {
            exchange.time.advance(by: .milliseconds(700))
            switch random.step().action {
            case .command(let command, let actor):
                let request = CallRequest(.change(id, Self.change(command, number)), by: Exchange.signIn(of: actor))
                _ = try? await exchange.calls.perform(request)
            case .signaling(let isLost, let side):
                let device = side == .caller ? Cast.vasya : Cast.petya
                try await exchange.calls.setReconnecting(isLost, device, in: [id])
            case .administrator: break
            }
        }
        return id
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `A call is the same in another process, whatever happened to it`(lane: UInt64) async throws {
        let database = try TemporaryDatabase()
        let time = ManualTime()
        var calls: [CallID] = []
        var before: [Reading] = []
        do {
            let exchange = try Exchange(database, time: time)
            try await exchange.register(Cast.devices + [Cast.stranger])
            for seed in lane * 20..<(lane + 1) * 20 { calls.append(try await drive(seed, exchange)) }
            before = try await reading(calls, in: exchange)
        }
        let exchange = try Exchange(database, time: time)
        let after = try await reading(calls, in: exchange)
        for (one, other) in zip(before, after) { #expect(one == other) }
        let live = before.compactMap(\.call).filter(\.isLive)
        #expect(try await exchange.store.read { try $0.liveCalls() } == live)
        #expect(live.contains { $0.negotiation > 1 && $0.callerSide.candidates > 0 }, "the log was needed")
    }

    @Test func `A call continues in another process, with and without a checkpoint`() async throws {
        for isPruned in [false, true] {
            let database = try TemporaryDatabase()
            let id: CallID
            do {
                let exchange = try Exchange(database)
                try await exchange.register(Cast.devices)
                id = try await exchange.connectingCall()
                _ = try await exchange.calls.sendOffer(
                    Cast.json("\"o\""), negotiation: 1, iceRestart: false, on: id, by: Cast.vasya)
                if isPruned {
                    let never = Timestamp(milliseconds: 0)
                    let horizon = PruneHorizon(events: never, payloads: never, expiredDevices: never)
                    // The first time makes a checkpoint.
                    _ = try await exchange.store.write { try $0.prune(horizon, limit: 1) }
                }
            }
            let exchange = try Exchange(database)
            let answer = try await exchange.calls.sendAnswer(
                Cast.json("\"a\""), negotiation: 1, on: id, by: Cast.petya)
            #expect(answer.status == 201)
            #expect(
                try await exchange.calls.timeline(of: id, for: Cast.vasya.userId).map(\.what).suffix(2) == [
                    "offer", "answer",
                ])
        }
    }
}
