import RingbackCore
import RingbackModel
import Testing

/// The contract for offers, answers, candidates, timelines and quality summaries.
struct PayloadContract {
    static let cases = [
        StoreCase("The newest offer and the newest answer are read back unchanged") { stores in
            try await PayloadContract(stores).`The newest offer and the newest answer are read back unchanged`()
        },
        StoreCase("Candidates keep their order and are numbered over both sides") { stores in
            try await PayloadContract(stores).`Candidates keep their order and are numbered over both sides`()
        },
        StoreCase("Pages of many candidates have all of them, wherever they begin") { stores in
            try await PayloadContract(stores).`Pages of many candidates have all of them, wherever they begin`()
        },
        StoreCase("The newest offer is found behind many candidates, also by a process that opens the database") {
            stores in
            try await PayloadContract(stores)
                .`The newest offer is found behind many candidates, also by a process that opens the database`()
        },
        StoreCase("The timeline is returned in order") { stores in
            try await PayloadContract(stores).`The timeline is returned in order`()
        },
        StoreCase("Writes to a call that doesn't exist are refused") { stores in
            try await PayloadContract(stores).`Writes to a call that doesn't exist are refused`()
        },
        StoreCase("A quality summary replaces the participant's previous one") { stores in
            try await PayloadContract(stores).`A quality summary replaces the participant's previous one`()
        },
        StoreCase("Descriptions and candidates are removed some time after the end, the call and its timeline are kept")
        { stores in
            try await PayloadContract(stores)
                .`Descriptions and candidates are removed some time after the end, the call and its timeline are kept`()
        },
        StoreCase("Events with offers, answers and candidates lose their bodies, and the positions stay") { stores in
            try await PayloadContract(stores)
                .`Events with offers, answers and candidates lose their bodies, and the positions stay`()
        },
        StoreCase("Some time after its end only what a history shows is left of a call, and later nothing") { stores in
            try await PayloadContract(stores)
                .`Some time after its end only what a history shows is left of a call, and later nothing`()
        },
        StoreCase("A page of events ends with the one that brings its bytes to the bound") { stores in
            try await PayloadContract(stores).`A page of events ends with the one that brings its bytes to the bound`()
        },
    ]

    private let stores: StoreFactory

    private let exchange: Exchange
    private let id = Cast.callID()
    private var store: any Store { exchange.store }

    init(_ stores: StoreFactory) async throws {
        self.stores = stores

        exchange = try await Exchange.withCast(in: stores)
        try await exchange.store.change { store in
            for number in 0...1 { try store.save(Cast.invitedCall(id: Cast.callID(number)), deadline: nil) }
        }
    }

    private func description(
        _ kind: Description.Kind, _ number: Int, of call: CallID? = nil, iceRestart: Bool = false
    ) -> Description {
        Description(
            callId: call ?? id, negotiation: number, kind: kind, sdp: Cast.json(#""v=0\r\n\u0041 \#(number)""#),
            iceRestart: iceRestart, from: kind == .offer ? Cast.vasya : Cast.petya,
            createdAt: ManualTime.start + .seconds(number))
    }

    /// The event for an offer or an answer.
    private func told(_ description: Description) -> EventBody {
        EventBody(
            type: description.kind == .offer ? .callOffer : .callAnswer, time: description.createdAt,
            callId: description.callId, callSeq: 1, actor: description.from
        ) { description.writeMembers(to: &$0) }
    }

    /// The event for candidates.
    private func told(
        _ candidates: [JSONText], _ negotiation: Int?, from participant: Participant, at time: Timestamp
    ) -> EventBody {
        EventBody(type: .callCandidates, time: time, callId: id, callSeq: 1, actor: participant) { json in
            json.optionalField("negotiation", negotiation)
            json.name("candidates")
            json.array(candidates) { $0.raw($1.utf8) }
        }
    }

    private let petya = [Transition.Audience(user: Cast.petya.userId)]
    private let vasya = [Transition.Audience(user: Cast.vasya.userId)]

    func `The newest offer and the newest answer are read back unchanged`() async throws {
        #expect(try await store.read { try $0.newestDescription(.offer, of: id) } == nil)
        let (first, answer, second) = (
            description(.offer, 1), description(.answer, 1), description(.offer, 2, iceRestart: true)
        )
        try await store.change { store in
            try store.append(told(first), to: petya)
            try store.append(told(answer), to: vasya)
            try store.append(told(second), to: petya)
        }
        #expect(try await store.read { try $0.newestDescription(.offer, of: id) } == second)
        #expect(try await store.read { try $0.newestDescription(.answer, of: id) } == answer)
        #expect(try await store.read { try $0.newestDescription(.offer, of: Cast.callID(1)) } == nil)
    }

    func `Candidates keep their order and are numbered over both sides`() async throws {
        let candidates = (0..<5).map { Cast.json(#"{"candidate":"candidate:\#($0) é", "sdpMid":null}"#) }
        var call = Cast.invitedCall(id: id)
        call.callerSide.candidates = 4
        call.calleeSide.candidates = 1
        let counted = call
        try await store.change { store in
            try store.save(counted, deadline: nil)
            let start = ManualTime.start
            try store.append(told(Array(candidates[0...1]), nil, from: Cast.vasya, at: start), to: petya)
            try store.append(told([candidates[2]], 1, from: Cast.petya, at: start), to: vasya)
            try store.append(told(Array(candidates[3...4]), 2, from: Cast.vasya, at: start + .seconds(1)), to: petya)
        }
        let vasyas = try await store.read { try $0.candidates(of: id, from: Cast.vasya.userId, after: 0, limit: 10) }
        #expect(vasyas.map(\.position) == [1, 2, 4, 5])
        #expect(vasyas.map(\.candidate) == [0, 1, 3, 4].map { candidates[$0] })
        #expect(vasyas.map(\.negotiation) == [nil, nil, 2, 2] && vasyas.allSatisfy { $0.from == Cast.vasya })
        #expect(vasyas.last?.createdAt == ManualTime.start + .seconds(1))
        let petyas = try await store.read { try $0.candidates(of: id, from: Cast.petya.userId, after: 0, limit: 10) }
        #expect(petyas.map(\.position) == [3] && petyas.first?.negotiation == 1)
        let page = try await store.read { try $0.candidates(of: id, from: Cast.vasya.userId, after: 1, limit: 2) }
        #expect(page.map(\.position) == [2, 4])
        let rest = try await store.read { try $0.candidates(of: id, from: Cast.vasya.userId, after: 4, limit: 2) }
        #expect(rest.map(\.position) == [5])
        #expect(
            try await store.read { try $0.candidates(of: Cast.callID(1), from: Cast.vasya.userId, after: 0, limit: 9) }
                == [])
    }

    func `Pages of many candidates have all of them, wherever they begin`() async throws {
        let id = try await exchange.connectingCall()
        var sent: [JSONText] = []
        for number in 0..<300 {
            let batch = (0..<(number % 3 + 1)).map { Cast.json(#"{"candidate":"\#(number) \#($0)"}"#) }
            _ = try await exchange.calls.addCandidates(batch, negotiation: nil, on: id, by: Cast.vasya)
            sent += batch
            guard number.isMultiple(of: 7) else { continue }
            _ = try await exchange.calls.addCandidates([Cast.json("{}")], negotiation: nil, on: id, by: Cast.petya)
        }
        for limit in [9, 63, 64, 65, 1000] {
            var (found, after): ([StoredCandidate], Int) = ([], 0)
            while true {
                let page = try await store.read { [after] in
                    try $0.candidates(of: id, from: Cast.vasya.userId, after: after, limit: limit)
                }
                guard let last = page.last else { break }
                found += page
                after = last.position
            }
            #expect(found.map(\.candidate) == sent, "limit \(limit)")
        }
    }

    func `The newest offer is found behind many candidates, also by a process that opens the database`() async throws {
        let database = try TemporaryDatabase()
        let id = try await tellDescriptionsBetweenCandidates(database)
        let store = try Exchange(in: stores, database).store
        #expect(try await negotiations(of: id, in: store) == [4, 4])
    }

    private func tellDescriptionsBetweenCandidates(_ database: TemporaryDatabase) async throws -> CallID {
        let exchange = try Exchange(in: stores, database)
        try await exchange.register(Cast.devices)
        let call = try await exchange.connectingCall()
        func add(_ count: Int, by device: Participant) async throws {
            for number in 0..<count {
                let candidate = Cast.json(#"{"candidate":"\#(number)"}"#)
                _ = try await exchange.calls.addCandidates([candidate], negotiation: nil, on: call, by: device)
            }
        }
        try await add(70, by: Cast.vasya)
        #expect(try await negotiations(of: call, in: exchange.store) == [nil, nil])
        for (number, count) in [(1, 40), (2, 3), (3, 130), (4, 1)] {
            let (offer, answer) = (description(.offer, number, of: call), description(.answer, number, of: call))
            try await exchange.store.change { try $0.append(told(offer), to: petya) }
            try await add(count, by: Cast.vasya)
            #expect(try await negotiations(of: call, in: exchange.store) == [number, number == 1 ? nil : number - 1])
            try await exchange.store.change { try $0.append(told(answer), to: vasya) }
            try await add(count, by: Cast.petya)
            #expect(try await negotiations(of: call, in: exchange.store) == [number, number])
        }
        return call
    }

    private func negotiations(of call: CallID, in store: any Store) async throws -> [Int?] {
        try await store.read { store in
            try [Description.Kind.offer, .answer].map { try store.newestDescription($0, of: call)?.negotiation }
        }
    }

    func `The timeline is returned in order`() async throws {
        let entries = (1...3).map { seq in
            TimelineEntry(
                seq: seq, time: ManualTime.start + .seconds(seq), what: "what \(seq)",
                actor: seq == 2 ? nil : Cast.petya,
                detail: seq == 1 ? nil : "\(seq)")
        }
        try await store.change { store in
            try store.append([entries[0]], to: id)
            try store.append([], to: id)
            try store.append(Array(entries[1...]), to: id)
        }
        #expect(try await store.read { try $0.timeline(of: id) } == entries)
        #expect(try await store.read { try $0.timeline(of: Cast.callID(1)) } == [])
    }

    func `Writes to a call that doesn't exist are refused`() async throws {
        let nobody = Cast.callID(99)
        let entry = TimelineEntry(seq: 1, time: ManualTime.start, what: "x", actor: nil, detail: nil)
        await #expect(throws: (any Error).self) { try await store.change { try $0.append([entry], to: nobody) } }
        await #expect(throws: (any Error).self) {
            try await store.change {
                try $0.saveQuality(Cast.json("{}"), from: Cast.vasya, of: nobody, at: ManualTime.start)
            }
        }
        #expect(try await store.read { try $0.timeline(of: nobody) } == [])
    }

    func `A quality summary replaces the participant's previous one`() async throws {
        try await store.change { store in
            for text in ["{}", #"{"lost":1}"#] {
                try store.saveQuality(Cast.json(text), from: Cast.vasya, of: id, at: ManualTime.start)
            }
            try store.saveQuality(Cast.json("{}"), from: Cast.petya, of: id, at: ManualTime.start)
        }
    }

    func `Descriptions and candidates are removed some time after the end, the call and its timeline are kept`()
        async throws
    {
        var call = Cast.invitedCall(id: id)
        let transition = call.endByAdministrator(at: ManualTime.start)
        let ended = call
        let offer = description(.offer, 1)
        let live = Description(
            callId: Cast.callID(1), negotiation: 1, kind: .offer, sdp: offer.sdp, iceRestart: false, from: Cast.vasya,
            createdAt: ManualTime.start)
        try await store.change { store in
            try store.save(ended, deadline: nil)
            try store.append(transition.timeline, to: ended.id)
            try store.append(told(offer), to: petya)
            try store.append(told(live), to: petya)
            try store.append(told([Cast.json("{}")], 1, from: Cast.vasya, at: ManualTime.start), to: petya)
        }
        let never = Timestamp(milliseconds: 0)
        func prune(before moment: Timestamp) async throws -> Bool {
            let horizon = PruneHorizon(events: never, payloads: moment, expiredDevices: never)
            return try await store.write { try $0.prune(horizon, limit: 10) }
        }
        #expect(try await prune(before: ManualTime.start) == false)
        #expect(try await store.read { try $0.newestDescription(.offer, of: id) } == offer)
        #expect(try await prune(before: ManualTime.start + .milliseconds(1)) == false)
        #expect(try await store.read { try $0.newestDescription(.offer, of: id) } == nil)
        #expect(try await store.read { try $0.candidates(of: id, from: Cast.vasya.userId, after: 0, limit: 9) } == [])
        #expect(try await store.read { try $0.call(id) } == ended)
        #expect(try await store.read { try $0.timeline(of: id) } == transition.timeline)
        #expect(try await store.read { try $0.newestDescription(.offer, of: Cast.callID(1)) } == live)
    }

    private func prune(_ horizon: PruneHorizon, limit: Int = 10) async throws {
        while try await store.write({ try $0.prune(horizon, limit: limit) }) {}
    }

    private func events(after position: Int64 = 0, limit: Int = 100) async throws -> [StoredEvent] {
        guard
            case .events(let events) = try await store.read({
                try $0.events(of: Cast.petya.userId, after: position, limit: limit)
            })
        else {
            Issue.record("the events are gone")
            return []
        }
        return events
    }

    func `Events with offers, answers and candidates lose their bodies, and the positions stay`() async throws {
        var call = Cast.invitedCall(id: id)
        let transition = call.endByAdministrator(at: ManualTime.start)
        let ended = call
        try await store.change { store in
            try store.append(told(description(.offer, 1)), to: petya)
            try store.append(
                EventBody(type: .callRinging, time: ManualTime.start, callId: id, callSeq: 1, actor: nil) { _ in },
                to: petya)
            for _ in 0..<40 {
                try store.append(told([Cast.json("{}")], 1, from: Cast.vasya, at: ManualTime.start), to: petya)
            }
            try store.save(ended, deadline: nil)
            try store.append(transition.timeline, to: ended.id)
        }
        let before = try await events()
        #expect(before.count == 42 && before.allSatisfy { !$0.body.members.isEmpty })
        let never = Timestamp(milliseconds: 0)
        try await prune(
            PruneHorizon(events: never, payloads: ManualTime.start + .milliseconds(1), expiredDevices: never), limit: 1)
        let after = try await events()
        #expect(after.map(\.position) == before.map(\.position))
        #expect(after.filter { !$0.body.members.isEmpty }.map(\.body.type) == [.callRinging])
        #expect(after.filter { $0.isMeant(for: Cast.petya.deviceId) }.count == 1)
    }

    func `Some time after its end only what a history shows is left of a call, and later nothing`() async throws {
        var call = CallState.invite(
            Cast.invitation(custom: Cast.json(#"{"topic":"x"}"#)), id: Cast.callID(2),
            devices: [Cast.petya.deviceId], reception: .rings,
            at: ManualTime.start
        ).0
        call.callerSide.media = Cast.json(#"{"audio":true}"#)
        let transition = call.endByAdministrator(at: ManualTime.start)
        let ended = call
        #expect(!ended.legs.isEmpty && ended.custom != nil)
        try await store.change { store in
            try store.save(ended, deadline: nil)
            try store.append(transition.timeline, to: ended.id)
            try store.saveQuality(Cast.json("{}"), from: Cast.vasya, of: ended.id, at: ManualTime.start)
        }
        let (never, later) = (Timestamp(milliseconds: 0), ManualTime.start + .milliseconds(1))
        func horizon(details: Timestamp, calls: Timestamp) -> PruneHorizon {
            PruneHorizon(events: later, payloads: later, details: details, calls: calls, expiredDevices: never)
        }
        func history() async throws -> [CallState] {
            try await store.read {
                try $0.history(HistoryQuery(user: Cast.vasya.userId, filter: .state(.ended), limit: 9))
            }
        }
        try await prune(horizon(details: never, calls: never))
        #expect(try await store.read { try $0.call(ended.id) } == ended)
        try await prune(horizon(details: ManualTime.start, calls: never))
        #expect(try await store.read { try $0.timeline(of: ended.id) } == transition.timeline)
        try await prune(horizon(details: later, calls: never))
        let left = try #require(try await history().first { $0.id == ended.id })
        #expect(left.state == .ended && left.ending == ended.ending && left.createdAt == ended.createdAt)
        #expect(left.caller == ended.caller && left.callee == ended.callee && left.media == ended.media)
        #expect(left.legs.isEmpty && left.custom == nil && left.callerSide.media == nil)
        #expect(try await store.read { try $0.timeline(of: ended.id) } == [])
        try await prune(horizon(details: later, calls: later))
        #expect(try await history().filter { $0.id == ended.id }.isEmpty)
        #expect(try await store.read { try $0.call(ended.id) } == nil)
        #expect(try await store.read { try $0.liveCalls() }.count == 2, "the others live")
    }

    func `A page of events ends with the one that brings its bytes to the bound`() async throws {
        let text = String(repeating: "x", count: Limits.pageBytes / 4)
        try await store.change { store in
            for _ in 0..<10 {
                let event = EventBody(
                    type: .callRinging, time: ManualTime.start, callId: id, callSeq: 1, actor: nil
                ) { $0.field("text", text) }
                try store.append(event, to: petya)
            }
        }
        #expect(try await events().map(\.position) == [1, 2, 3, 4])
        #expect(try await events(after: 4).map(\.position) == [5, 6, 7, 8])
        #expect(try await events(after: 8).map(\.position) == [9, 10])
        #expect(try await events(after: 4, limit: 2).map(\.position) == [5, 6])
        #expect(try await events(after: 10).isEmpty)
    }
}
