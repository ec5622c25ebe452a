import Dispatch
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// A reader sees one state during concurrent commits.
struct ReaderTests {
    private struct Seen: Sendable {
        var position: Int64 = -1
        var events: [Int64]?
        var calls = -1
    }

    /// Reads after a commit that was made once the reader had begun.
    private func read(beside write: @escaping @Sendable (Exchange) async throws -> Void, in exchange: Exchange)
        async throws -> Seen
    {
        let gate = DispatchSemaphore(value: 0)
        let (beginnings, begun) = AsyncStream<Void>.makeStream()
        async let seen = exchange.store.read { store -> Seen in
            begun.yield()
            gate.wait()
            var seen = Seen()
            seen.position = try store.newestPosition(of: Cast.petya.userId)
            if case .events(let events) = try store.events(of: Cast.petya.userId, after: 0, limit: 100_000) {
                seen.events = events.map(\.position)
            }
            seen.calls = try store.liveCalls(of: Cast.petya.userId).count
            return seen
        }
        for await _ in beginnings { break }
        do {
            try await write(exchange)
        } catch {
            gate.signal()
            throw error
        }
        gate.signal()
        return try await seen
    }

    @Test func `Reads of what clients have missed do not hold up other reads`() async throws {
        let exchange = try await Exchange.withCast()
        let gate = DispatchSemaphore(value: 0)
        let found = try await withThrowingTaskGroup(of: Bool?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = try await exchange.store.read(.missed) { _ in gate.wait() }
                    return nil
                }
            }
            group.addTask { try await exchange.store.read { try $0.account(Cast.vasya.userId) != nil } }
            var found: Bool?
            for try await result in group where result != nil {
                found = result
                for _ in 0..<8 { gate.signal() }
            }
            return found
        }
        #expect(found == true)
    }

    @Test func `The event of a commit after the reader began is not seen, though the call may be`() async throws {
        let exchange = try await Exchange.withCast()
        _ = try await exchange.invite()
        let seen = try await read(beside: { _ = try await $0.invite() }, in: exchange)
        // The position may be older than the calls: the event is then delivered twice. The opposite would lose it.
        #expect(seen.calls == 2)
        #expect(seen.position == 1)
        #expect(seen.events == [1], "nothing is gone")
        let later = try await read(beside: { _ in }, in: exchange)
        #expect(later.calls == 2 && later.position == 2 && later.events == [1, 2])
    }

    @Test func `A checkpoint after the reader began does not show in the log either`() async throws {
        let exchange = try await Exchange.withCast()
        let event = EventBody(type: .callRinging, time: ManualTime.start, callId: Cast.callID(), callSeq: 1, actor: nil)
        { _ in }
        let fill: @Sendable (Int) async throws -> Void = { count in
            try await exchange.store.change { store in
                for _ in 0..<count { try store.append(event, to: [.init(user: Cast.vasya.userId)]) }
            }
        }
        _ = try await exchange.invite()
        try await fill(20_100)
        // The next commit writes the heads to the table and clears them in memory.
        let seen = try await read(beside: { _ in try await fill(1) }, in: exchange)
        #expect(seen.position == 1 && seen.events == [1] && seen.calls == 1)
    }

    @Test func `A call that ends during a read is neither missing nor returned twice`() async throws {
        let exchange = try await Exchange.withCast()
        let (old, id) = (try await exchange.invite(), try await exchange.invite())
        _ = try await exchange.calls.perform(.cancel, on: old, by: Cast.vasya)
        let gate = DispatchSemaphore(value: 0)
        let (beginnings, begun) = AsyncStream<Void>.makeStream()
        async let seen = exchange.store.read { store in
            begun.yield()
            gate.wait()
            let history = try store.history(HistoryQuery(user: Cast.petya.userId, limit: 10))
            let older = try store.history(HistoryQuery(user: Cast.petya.userId, before: id, limit: 10))
            return (call: try store.call(id)?.id, history: history.map(\.id), older: older.map(\.id))
        }
        for await _ in beginnings { break }
        let ending = await Result { _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya) }
        // Once more for each repetition of the read.
        for _ in 0..<3 { gate.signal() }
        try ending.get()
        let (call, history, older) = try await seen
        #expect(call == id && history == [id, old] && older == [old])
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
