import GRDB
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackSQLite

/// What a call takes of the disk: as long as its events are kept, and afterwards.
struct DiskBudgetTests {
    private static let calls = 300
    private let exchange: Exchange
    private let store: SQLiteStore

    init() async throws {
        exchange = try await Exchange.withCast()
        store = try #require(exchange.store as? SQLiteStore)
    }

    /// A video call as browsers make it, with keys, and a commit for each of its messages.
    private func makeCall(_ number: Int) async throws -> CallID {
        let (calls, caller, callee) = (exchange.calls, Cast.vasya, Cast.petya)
        let invited = try await calls.invite(
            Cast.invitation(custom: Cast.json(#"{"topic":"A call of the benchmark"}"#)), key: "invite-\(number)")
        let id = try Exchange.callID(in: invited)
        _ = try await calls.perform(.alerting, on: id, by: callee)
        _ = try await calls.perform(.accept, on: id, by: callee, key: "accept-\(number)")
        let sdp = Cast.json("\"" + String(repeating: "a=rtpmap:96 VP8/90000\\r\\n", count: 240) + "\"")
        _ = try await calls.sendOffer(
            sdp, negotiation: 1, iceRestart: false, on: id, by: caller, key: "offer-\(number)")
        _ = try await calls.sendAnswer(sdp, negotiation: 1, on: id, by: callee, key: "answer-\(number)")
        for (device, count) in [(caller, 5), (callee, 5)] {
            for candidate in 0..<count {
                let text =
                    "candidate:842163049 1 udp 1677729535 203.0.113.\(candidate) 46154 typ srflx raddr 0.0.0.0 rport 0"
                let json = Cast.json(
                    #"{"candidate":"\#(text) generation 0 ufrag EsAw","sdpMid":"0","sdpMLineIndex":0}"#)
                _ = try await calls.addCandidates(
                    [json], negotiation: 1, on: id, by: device, key: "\(device.deviceId)-\(candidate)-\(number)")
            }
        }
        for device in [caller, callee] {
            _ = try await calls.perform(.connected, on: id, by: device)
            _ = try await calls.setMedia(
                Cast.json(#"{"audio":true,"video":false}"#), on: id, by: device,
                key: "media-\(device.deviceId)-\(number)")
        }
        _ = try await calls.reportQuality(
            Cast.json(#"{"rtt":0.08,"lost":3}"#), on: id, by: caller, key: "quality-\(number)")
        _ = try await calls.perform(.hangUp(.completed), on: id, by: caller)
        return id
    }

    private func usedBytes() async throws -> Int {
        let pages = try #require(Int(try await store.pragma("page_count")))
        let free = try #require(Int(try await store.pragma("freelist_count")))
        let size = try #require(Int(try await store.pragma("page_size")))
        return (pages - free) * size
    }

    private func prune(events: Bool = false, merges: Bool = true) async throws {
        let (now, never) = (exchange.time.now, Timestamp(milliseconds: 0))
        let horizon = PruneHorizon(
            events: events ? now : never, payloads: now, details: events ? now : never, expiredDevices: never,
            compact: merges ? now : never)
        // The first step makes a checkpoint, beyond which rows are not merged.
        for _ in 0..<2 { while try await store.write({ try $0.prune(horizon, limit: 100) }) {} }
    }

    @Test func `A call takes at most 16 KB while its events are kept, and 1 KB in the history`() async throws {
        let empty = try await usedBytes()
        var last: CallID?
        for number in 0..<Self.calls {
            exchange.time.advance(by: .seconds(60))
            last = try await makeCall(number)
        }
        exchange.time.advance(by: .seconds(3601))
        let whole = (try await usedBytes() - empty) / Self.calls
        try await prune()
        let kept = (try await usedBytes() - empty) / Self.calls
        try await prune(events: true)
        let history = (try await usedBytes() - empty) / Self.calls
        print("bytes a call: \(whole) with its SDP, \(kept) while its events are kept, \(history) in the history")
        #expect(kept <= 16_384)
        #expect(history <= 1024)
        let id = try #require(last)
        let call = try #require(try await exchange.call(id))
        #expect(call.ending?.reason == .completed && call.legs.isEmpty && call.custom == nil)
        #expect(try await store.read { try $0.timeline(of: id) } == [])
        #expect(try await store.pragma("integrity_check") == "ok")
    }

    /// On a busy machine, the time of a step could be over before its first row, which ended the merging.
    @Test func `Rows of the log are merged however little time a step has`() async throws {
        for number in 0..<20 { _ = try await makeCall(number) }
        exchange.time.advance(by: .seconds(3601))
        try await prune(merges: false)
        func rows() async throws -> Int {
            try await DatabaseQueue(path: exchange.database.path).read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM log") ?? 0
            }
        }
        let before = try await rows()
        let moment = exchange.time.now
        func merge() async throws -> Bool {
            try await store.write { try #require($0 as? SQLiteTransaction).mergeLog(before: moment, for: .zero) }
        }
        while try await merge() {}
        #expect(try await rows() < before / 4)
    }

    @Test func `Space that calls have left is used again`() async throws {
        for number in 0..<60 { _ = try await makeCall(number) }
        exchange.time.advance(by: .seconds(10))
        try await prune(events: true)
        let pages = try await store.pragma("page_count")
        for number in 60..<100 { _ = try await makeCall(number) }
        #expect(try await store.pragma("page_count") == pages)
    }

    @Test func `SDP and candidates leave the log with the call, and the other events stay in their places`()
        async throws
    {
        let id = try await makeCall(0)
        let user = Cast.petya.userId
        let before = try await log(of: user)
        exchange.time.advance(by: .seconds(10))
        try await prune()
        let after = try await log(of: user)
        #expect(after.map(\.position) == before.map(\.position))
        let removed: Set<EventType> = [.callOffer, .callAnswer, .callCandidates]
        for (old, new) in zip(before, after) {
            let isRemoved = removed.contains(old.body.type)
            #expect(new.body.members.isEmpty == isRemoved)
            #expect(new.isMeant(for: Cast.petya.deviceId) == (!isRemoved && old.isMeant(for: Cast.petya.deviceId)))
        }
        let left = try await DatabaseQueue(path: exchange.database.path).read {
            try Int.fetchOne(
                $0, sql: "SELECT count(*) FROM log WHERE instr(bodies, '203.0.113') OR instr(bodies, 'rtpmap')")
        }
        #expect(left == 0)
        #expect(try await store.read { try $0.newestDescription(.offer, of: id) } == nil)
        #expect(try await store.read { try $0.timeline(of: id) } != [])
    }

    private func log(of user: UserID) async throws -> [StoredEvent] {
        let read = try await store.read { try $0.events(of: user, after: 0, limit: 1000) }
        guard case .events(let events) = read else { return [] }
        return events
    }

    @Test func `Calls leave the histories when their time is over, and the next ones come into them`() async throws {
        var calls: [CallID] = []
        for number in 0..<5 {
            exchange.time.advance(by: .seconds(60))
            calls.append(try await makeCall(number))
        }
        let live = try await exchange.invite()
        let horizon = PruneHorizon(
            events: exchange.time.now + .seconds(1), payloads: exchange.time.now, details: exchange.time.now,
            calls: exchange.time.now, expiredDevices: Timestamp(milliseconds: 0))
        while try await store.write({ try $0.prune(horizon, limit: 2) }) {}
        func history() async throws -> [CallID] {
            let query = HistoryQuery(user: Cast.vasya.userId, with: Cast.petya.userId, limit: 10)
            return try await store.read { try $0.history(query) }.map(\.id)
        }
        #expect(try await history() == [live, calls[4]], "the last ended at this moment")
        let next = try await makeCall(9)
        #expect(try await history() == [next, live, calls[4]])
    }
}
