import Logging
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Calls end when their time is over, with nobody asking.
struct CallClockTests {
    /// A clock that runs, wired to the store as in the server.
    private func withClock(_ work: (Exchange, AsyncStream<CallState>) async throws -> Void) async throws {
        let exchange = try await Exchange.withCast()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let clock = CallClock(calls: exchange.calls, time: exchange.time, logger: logger)
        let (endings, ended) = AsyncStream<CallState>.makeStream()
        exchange.store.observeCommits { [calls = exchange.calls] commit in
            for call in commit.calls {
                clock.scheduled(call.deadline(timing: calls.timing))
                if !call.isLive { ended.yield(call) }
            }
        }
        let running = Task { await clock.run() }
        defer { running.cancel() }
        try await work(exchange, endings)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A call that nobody answers ends at its deadline`() async throws {
        try await withClock { exchange, endings in
            let id = try await exchange.invite()
            await exchange.time.someoneSleeps(until: ManualTime.start + .seconds(60))
            exchange.time.advance(by: .milliseconds(59_999))
            #expect(try await exchange.call(id)?.state == .inviting)
            exchange.time.advance(by: .milliseconds(1))
            for await call in endings {
                #expect(call.id == id && call.ending?.reason == .unreachable)
                break
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `An earlier deadline that comes up later is kept too`() async throws {
        try await withClock { exchange, endings in
            let late = try await exchange.invite(Cast.invitation(ringSeconds: 180))
            await exchange.time.someoneSleeps(until: ManualTime.start + .seconds(180))
            _ = try await exchange.calls.perform(.alerting, on: late, by: Cast.petya)
            exchange.time.advance(by: .seconds(30))
            let early = try await exchange.invite(Cast.invitation(ringSeconds: 10))
            await exchange.time.someoneSleeps(until: ManualTime.start + .seconds(40))
            exchange.time.advance(by: .seconds(10))
            var ended = endings.makeAsyncIterator()
            #expect(await ended.next()?.id == early)
            await exchange.time.someoneSleeps(until: ManualTime.start + .seconds(180))
            exchange.time.advance(by: .seconds(140))
            let call = await ended.next()
            #expect(call?.id == late && call?.ending?.reason == .noAnswer)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A call that was accepted meanwhile is looked at by its new deadline`() async throws {
        try await withClock { exchange, endings in
            let id = try await exchange.invite()
            await exchange.time.someoneSleeps(until: ManualTime.start + .seconds(60))
            exchange.time.advance(by: .seconds(59))
            _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
            exchange.time.advance(by: .seconds(1))
            await exchange.time.someoneSleeps(until: ManualTime.start + .seconds(89))
            #expect(try await exchange.call(id)?.state == .connecting)
            exchange.time.advance(by: .seconds(29))
            var ended = endings.makeAsyncIterator()
            #expect(await ended.next()?.ending?.reason == .connectTimeout)
        }
    }
}
