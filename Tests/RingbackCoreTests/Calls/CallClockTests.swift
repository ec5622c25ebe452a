import Logging
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Calls end at their deadlines without a request.
struct CallClockTests {
    /// A running clock, connected to the store as in the server.
    private func withClock(_ work: (Exchange, AsyncStream<CallState>) async throws -> Void) async throws {
        let exchange = try await Exchange.withCast()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let clock = CallClock(calls: exchange.calls, time: exchange.time, logger: logger)
        let (endings, ended) = AsyncStream<CallState>.makeStream()
        exchange.store.observeCommits { commit in
            clock.scheduled(commit.nextDeadline)
            for call in commit.calls where !call.isLive { ended.yield(call) }
        }
        let running = Task { await clock.run() }
        defer { running.cancel() }
        try await work(exchange, endings)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A call that nobody answers ends at its deadline`() async throws {
        try await withClock { exchange, endings in
            let id = try await exchange.invite()
            await exchange.time.someoneSleeps(until: .seconds(60))
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
            await exchange.time.someoneSleeps(until: .seconds(180))
            _ = try await exchange.calls.perform(.alerting, on: late, by: Cast.petya)
            exchange.time.advance(by: .seconds(30))
            let early = try await exchange.invite(Cast.invitation(ringSeconds: 10))
            await exchange.time.someoneSleeps(until: .seconds(40))
            exchange.time.advance(by: .seconds(10))
            var ended = endings.makeAsyncIterator()
            #expect(await ended.next()?.id == early)
            await exchange.time.someoneSleeps(until: .seconds(180))
            exchange.time.advance(by: .seconds(140))
            let call = await ended.next()
            #expect(call?.id == late && call?.ending?.reason == .noAnswer)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A call that was accepted meanwhile is looked at by its new deadline`() async throws {
        try await withClock { exchange, endings in
            let id = try await exchange.invite()
            await exchange.time.someoneSleeps(until: .seconds(60))
            exchange.time.advance(by: .seconds(59))
            _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
            exchange.time.advance(by: .seconds(1))
            await exchange.time.someoneSleeps(until: .seconds(89))
            #expect(try await exchange.call(id)?.state == .connecting)
            exchange.time.advance(by: .seconds(29))
            var ended = endings.makeAsyncIterator()
            #expect(await ended.next()?.ending?.reason == .connectTimeout)
        }
    }

    /// A clock that was set forward used to end calls immediately, and one that was set back kept them ringing.
    @Test(.timeLimit(.minutes(1)), arguments: [86_400, -86_400, 600, -600])
    func `A change of the wall clock ends no call early or late`(seconds: Int) async throws {
        try await withClock { exchange, endings in
            let ringing = try await exchange.invite()
            _ = try await exchange.calls.perform(.alerting, on: ringing, by: Cast.petya)
            await exchange.time.someoneSleeps(until: .seconds(60))
            exchange.time.advance(by: .seconds(20))
            exchange.time.stepWallClock(by: .seconds(seconds))
            let other = try await exchange.invite()
            #expect(try await exchange.call(other)?.createdAt == exchange.time.now, "the clock's time, for what is new")
            exchange.time.advance(by: .milliseconds(39_999))
            try await exchange.calls.expire()
            #expect(try await exchange.call(ringing)?.state == .ringing)
            exchange.time.advance(by: .milliseconds(1))
            var ended = endings.makeAsyncIterator()
            let call = await ended.next()
            #expect(call?.id == ringing && call?.ending?.reason == .noAnswer && call?.call.ringSeconds == 60)
            await exchange.time.someoneSleeps(until: .seconds(80))
            exchange.time.advance(by: .seconds(20))
            #expect(await ended.next()?.id == other)
        }
    }

    @Test(arguments: [-86_400, -600])
    func `After a restart with an earlier time, a call rings no longer than its ring time`(seconds: Int) async throws {
        let database = try TemporaryDatabase()
        let time = ManualTime()
        let id: CallID
        do {
            let exchange = try Exchange(database, time: time)
            try await exchange.register(Cast.devices)
            id = try await exchange.invite()
            time.advance(by: .seconds(20))
            _ = try await exchange.calls.perform(.alerting, on: id, by: Cast.petya)
        }
        time.stepWallClock(by: .seconds(seconds))
        let exchange = try Exchange(database, time: time)
        try await exchange.calls.expire()
        #expect(try await exchange.call(id)?.state == .ringing)
        #expect(try await exchange.calls.nextDeadline() == time.monotonic + .seconds(40))
        time.advance(by: .seconds(40))
        try await exchange.calls.expire()
        #expect(try await exchange.call(id)?.ending?.reason == .noAnswer)
    }
}
