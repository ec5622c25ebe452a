import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// A full disk: writes are refused without effect, and work again when there is space.
struct FullDiskTests {
    private func fill(_ store: SQLiteStore) async throws -> Int {
        var written = 0
        while written < 10_000 {
            let number = written
            do {
                try await store.change { store in
                    let call = Cast.invitedCall(id: Cast.callID(number))
                    try store.save(call, deadline: nil)
                    let event = EventBody(
                        type: .callIncoming, time: ManualTime.start, callId: call.id, callSeq: 1, actor: nil
                    ) { $0.field("text", String(repeating: "x", count: 1500)) }
                    try store.append(event, to: [.init(user: Cast.petya.userId)])
                }
            } catch {
                let problem = try #require(error as? Problem)
                #expect(problem.code == .storageUnavailable && problem.retryAfterSeconds != nil)
                return written
            }
            written += 1
        }
        Issue.record("the disk did not fill up")
        return written
    }

    @Test func `A write on a full disk is refused without effect, and writes work again when there is space`()
        async throws
    {
        let database = try TemporaryDatabase()
        let store = try SQLiteStore(path: database.path)
        try await store.write { store in
            for device in [Cast.vasya, Cast.petya] { _ = try store.insert(Exchange.account(device.userId)) }
        }
        let pages = try #require(Int(try await store.pragma("page_count")))
        _ = try await store.pragma("max_page_count = \(pages + 40)")
        let written = try await fill(store)
        #expect(written > 5)

        // Nothing is partially written, and existing data can be read.
        let position = try await store.read { store throws in
            #expect(try store.call(Cast.callID(written)) == nil)
            #expect(try store.call(Cast.callID(written - 1)) != nil)
            return try store.newestPosition(of: Cast.petya.userId)
        }
        #expect(position == Int64(written))
        #expect(try await store.pragma("integrity_check") == "ok")

        _ = try await store.pragma("max_page_count = 100000")
        let call = Cast.invitedCall(id: Cast.callID(written))
        try await store.change { store in
            try store.save(call, deadline: nil)
            try store.append(
                EventBody(type: .callIncoming, time: ManualTime.start, callId: call.id, callSeq: 1, actor: nil) { _ in
                },
                to: [.init(user: Cast.petya.userId)])
        }
        #expect(try await store.read { try $0.call(call.id) } == call)
        #expect(try await store.read { try $0.newestPosition(of: Cast.petya.userId) } == position + 1)
        guard
            case .events(let events) = try await store.read({
                try $0.events(of: Cast.petya.userId, after: 0, limit: 100_000)
            })
        else {
            Issue.record("the log is gone")
            return
        }
        #expect(events.map(\.position) == Array(1...position + 1))
    }

    /// Migrations leave pages that are written before the file has to grow.
    private func useUpFreePages(of store: SQLiteStore) async throws {
        let event = EventBody(type: .callRinging, time: ManualTime.start, callId: Cast.callID(), callSeq: 1, actor: nil)
        { $0.field("text", String(repeating: "x", count: 3000)) }
        while try await store.pragma("freelist_count") != "0" {
            try await store.change { try $0.append(event, to: [.init(user: Cast.stranger.userId)]) }
        }
    }

    @Test func `A call that could not be written is unchanged, also for the writer`() async throws {
        let exchange = try await Exchange.withCast()
        let store = try #require(exchange.store as? SQLiteStore)
        let id = try await exchange.connectingCall()
        let before = try await exchange.call(id)
        try await useUpFreePages(of: store)
        let pages = try #require(Int(try await store.pragma("page_count")))
        _ = try await store.pragma("max_page_count = \(pages)")
        let big = Cast.json("\"" + String(repeating: "x", count: Limits.sdpBytes) + "\"")
        let offer = {
            try await exchange.calls.sendOffer(big, negotiation: 1, iceRestart: false, on: id, by: Cast.vasya)
        }
        for _ in 0..<2 {
            let problem = try await #require(throws: Problem.self) { try await offer() }
            #expect(problem.code == .storageUnavailable)
            #expect(try await exchange.call(id) == before)
            #expect(try await store.change { try $0.call(id) } == before)
        }
        _ = try await store.pragma("max_page_count = 100000")
        #expect(try await offer().status == 201, "the number 1 was not used up")
    }
}
