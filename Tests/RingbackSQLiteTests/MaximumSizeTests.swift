import Foundation
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackSQLite

/// A database with a maximum size: the oldest content is removed, and what ends something can be written until the end.
struct MaximumSizeTests {
    private static let maximum = 1 << 21

    private let exchange: Exchange
    private let store: SQLiteStore

    init() async throws {
        exchange = try await Exchange.withCast(
            in: StoreFactory { try SQLiteStore(path: $0, time: $1, readTime: .seconds(60), maximumBytes: Self.maximum) }
        )
        store = try #require(exchange.store as? SQLiteStore)
    }

    /// Bytes of the file, and bytes of it that are in use.
    private func size() async throws -> (file: Int, used: Int) {
        let pages = try #require(Int(try await store.pragma("page_count")))
        let free = try #require(Int(try await store.pragma("freelist_count")))
        let size = try #require(Int(try await store.pragma("page_size")))
        return (pages * size, (pages - free) * size)
    }

    @Test func `A full database takes what ends a call or a session, and everything once there is room again`()
        async throws
    {
        let (calls, vasya, petya) = (exchange.calls, Cast.vasya, Cast.petya)
        let accepted = try await exchange.connectingCall()
        let (ringing, another) = (try await exchange.invite(), try await exchange.invite())
        let users = try await exchange.fillDatabase()
        #expect(users.count > 100)

        #expect(await problemCode { _ = try await exchange.invite() } == .storageUnavailable)
        #expect(
            await problemCode { _ = try await calls.perform(.connected, on: accepted, by: vasya) }
                == .storageUnavailable)
        #expect(
            await problemCode {
                try await store.write {
                    try $0.block(
                        vasya.userId, by: petya.userId, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
                }
            }
                == .storageUnavailable)
        _ = try await calls.perform(.hangUp(.completed), on: accepted, by: vasya)
        _ = try await calls.perform(.cancel, on: ringing, by: vasya)
        _ = try await calls.perform(.decline(message: nil), on: another, by: petya)
        try await store.write(.essential) { try $0.delete(Cast.vasyaTablet.deviceId) }
        #expect(store.liveCallCount == 0)
        #expect(try await store.read { try $0.device(Cast.vasyaTablet.deviceId) } == nil)

        for user in users.prefix(users.count / 2) { try await calls.erase(user) }
        let next = try await exchange.connectingCall()
        _ = try await calls.perform(.connected, on: next, by: vasya)
        let size = try await size()
        #expect(size.file <= Self.maximum && size.used < size.file)
        #expect(try await store.pragma("integrity_check") == "ok")
    }

    @Test func `Whoever writes much loses the oldest events, and the calls of others go on`() async throws {
        let (calls, vasya, petya) = (exchange.calls, Cast.vasya, Cast.petya)
        let other = try Exchange.callID(in: try await calls.invite(Cast.invitation(from: Cast.stranger)))
        let text = "candidate:1 1 udp 1 127.0.0.1 9 typ host " + String(repeating: "x", count: 1900)
        let candidates = Array(repeating: Cast.json(#"{"candidate":"\#(text)","sdpMid":"0"}"#), count: 64)
        var (written, refused, largest) = (0, 0, 0)
        for _ in 0..<3 {
            let id = try await exchange.connectingCall()
            for round in 0..<24 {
                let device = round.isMultiple(of: 2) ? vasya : petya
                let refusal = await problemCode {
                    _ = try await calls.addCandidates(candidates, negotiation: nil, on: id, by: device)
                }
                if refusal == nil { written += 64 * text.utf8.count } else { refused += 1 }
                largest = max(largest, try await size().used)
            }
            _ = try await calls.perform(.hangUp(.completed), on: id, by: vasya)
        }
        #expect(written > 3 * Self.maximum && refused < 8)
        #expect(largest <= Self.maximum)
        #expect(try await store.read { try $0.events(of: petya.userId, after: 0, limit: 1) }.isGone)
        _ = try await calls.perform(.cancel, on: other, by: Cast.stranger)
        #expect(store.liveCallCount == 0)
        // What all have of it afterwards.
        let id = try await exchange.connectingCall()
        #expect(
            try await calls.addCandidates(Array(candidates.prefix(1)), negotiation: nil, on: id, by: vasya).status
                == 202)
        #expect(try await store.read { try $0.candidates(of: id, from: vasya.userId, after: 0, limit: 9) }.count == 1)
        #expect(try await store.pragma("integrity_check") == "ok")
    }

    @Test func `Calls leave the histories when nothing else can be removed`() async throws {
        let custom = Cast.json("\"" + String(repeating: "x", count: 4000) + "\"")
        var ids: [CallID] = []
        for _ in 0..<900 {
            let id = try await exchange.invite(Cast.invitation(custom: custom))
            _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
            ids.append(id)
        }
        let (first, last) = (try #require(ids.first), try #require(ids.last))
        #expect(try await exchange.call(first)?.custom == nil, "the details of old calls go before the calls")
        #expect(try await exchange.call(last)?.custom == custom)
        #expect(try await size().used <= Self.maximum)
    }

    /// It went before the calls, so writing much removed the traces of whoever did.
    @Test func `The audit log is removed after everything else`() async throws {
        let key = try #require(ServerKey.Name("backend"))
        let entry = AuditEntry(
            time: exchange.time.now, key: key, operation: "listDevices", user: Cast.vasya.userId, object: nil)
        try await store.write { try $0.record(entry) }
        let id = try await exchange.invite()
        _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        exchange.time.advance(by: .seconds(7200))
        var (left, steps) = ([true, true], 0)
        while left[0], steps < 100 {
            try await store.write { store in
                _ = try #require(store as? SQLiteTransaction).pruneOldest(limit: 10) { false }
            }
            left = [
                try await exchange.call(id) != nil,
                try await !store.read { try $0.audit(AuditQuery(limit: 1)) }.isEmpty,
            ]
            steps += 1
        }
        #expect(left == [false, true])
    }

    @Test func `The audit log and devices whose sign-in has expired give way as well`() async throws {
        let key = try #require(ServerKey.Name("backend"))
        exchange.time.advance(by: .seconds(31 * 86_400))
        let entry = AuditEntry(
            time: exchange.time.now, key: key, operation: "listDevices", user: Cast.vasya.userId,
            object: String(repeating: "x", count: 60))
        var refused = 0
        for _ in 0..<100 {
            let refusal = await problemCode {
                try await store.write { store in for _ in 0..<500 { try store.record(entry) } }
            }
            if refusal != nil { refused += 1 }
        }
        #expect(refused < 20)
        let newest = try await store.read { try $0.audit(AuditQuery(limit: 1)) }.first
        #expect(try #require(newest).number > 40_000)
        #expect(try await size().used <= Self.maximum)
        #expect(try await store.read { try $0.devices(of: Cast.vasya.userId, limit: 9) }.isEmpty)
    }
}

extension EventRead {
    fileprivate var isGone: Bool {
        if case .gone = self { true } else { false }
    }
}

/// When the oldest content is removed, as a value.
struct DatabaseSpaceTests {
    /// The writer used to try again at once, forever, when there was nothing to remove.
    @Test func `After a step that has removed nothing there is a pause`() {
        var space = DatabaseSpace(maximumBytes: 1 << 24)
        space.update(used: 4000 * 4096)
        let now = ContinuousClock.now
        let steps = [
            space.beginPruning(at: now), space.continuePruning(hasRemoved: true, at: now),
            space.continuePruning(hasRemoved: false, at: now), space.beginPruning(at: now),
            space.beginPruning(at: now + DatabaseSpace.pause - .milliseconds(1)),
            space.beginPruning(at: now + DatabaseSpace.pause),
        ]
        #expect(steps == [true, true, false, false, false, true])
    }
}
