import Logging
import RingbackCore
import RingbackModel
import Synchronization
import Testing

/// The messages to services outside, in a store, and the use cases that write them.
struct OutboxContract {
    static let cases = [
        StoreCase("Messages are written with the calls and users that cause them") { stores in
            try await OutboxContract(stores).`Messages are written with the calls and users that cause them`()
        },
        StoreCase("A call rings outside only where no device is present") { stores in
            try await OutboxContract(stores).`A call rings outside only where no device is present`()
        },
        StoreCase("A message for a call has the cursor before its first event") { stores in
            try await OutboxContract(stores).`A message for a call has the cursor before its first event`()
        },
        StoreCase("Nothing is written of calls that are concealed, or when nobody is told") { stores in
            try await OutboxContract(stores).`Nothing is written of calls that are concealed, or when nobody is told`()
        },
        StoreCase("Messages of one key wait for each other, others do not") { stores in
            try await OutboxContract(stores).`Messages of one key wait for each other, others do not`()
        },
        StoreCase("A message is delivered after any number of failures and a restart") { stores in
            try await OutboxContract(stores).`A message is delivered after any number of failures and a restart`()
        },
        StoreCase("A message can be delivered again, and is pruned in the end") { stores in
            try await OutboxContract(stores).`A message can be delivered again, and is pruned in the end`()
        },
        StoreCase("Messages about a user go with the user") { stores in
            try await OutboxContract(stores).`Messages about a user go with the user`()
        },
        StoreCase("A call is not announced after its ring time, and never to a banned user") { stores in
            try await OutboxContract(stores).`A call is not announced after its ring time, and never to a banned user`()
        },
        StoreCase("What is on its way when the process stops can be taken at once") { stores in
            try await OutboxContract(stores).`What is on its way when the process stops can be taken at once`()
        },
    ]

    private let stores: StoreFactory
    private let lane = OutboxLane.webhook("one")

    init(_ stores: StoreFactory) { self.stores = stores }

    private func exchange(_ types: WebhookType...) async throws -> Exchange {
        var timing = CallTiming()
        let told = types.isEmpty ? Set(WebhookType.allCases) : Set(types)
        timing.outbox = OutboxPlan(webhooks: [.init(name: "one", types: told)])
        return try await Exchange.withCast(in: stores, timing: timing)
    }

    private func messages(_ exchange: Exchange) async throws -> [OutboxDelivery] {
        try await exchange.store.outbox.messages(OutboxQuery(kind: "webhook", limit: 100)).reversed()
    }

    func `Messages are written with the calls and users that cause them`() async throws {
        let exchange = try await exchange()
        let id = try await exchange.connectingCall()
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.vasya)
        let missed = try await exchange.invite()
        _ = try await exchange.calls.perform(.cancel, on: missed, by: Cast.vasya)
        try await exchange.calls.erase(Cast.stranger.userId)
        let messages = try await messages(exchange)
        try #require(
            messages.map(\.type) == [
                "call.incoming", "call.answered", "call.ended", "call.incoming", "call.missed", "call.ended",
                "user.erased",
            ])
        #expect(messages.prefix(3).allSatisfy { $0.key == id.rawValue && $0.lane == lane && $0.status == .waiting })
        let ended = try JSONSlice(parsing: messages[2].body)
        #expect(ended["type"]?.string == "call.ended")
        #expect(ended["timestamp"]?.string == "\(ManualTime.start)")
        #expect(ended["data"]?["call"]?["callId"]?.string == id.rawValue)
        #expect(ended["data"]?["call"]?["reason"]?.string == "completed")
        #expect(ended["data"]?["call"]?["talkSeconds"]?.integer == 0)
        #expect(try JSONSlice(parsing: messages[6].body)["data"]?["user"]?["userId"]?.string == "stranger")
    }

    func `A call rings outside only where no device is present`() async throws {
        let exchange = try await exchange(.callIncoming)
        exchange.store.presence.opened(Cast.petyaTablet)
        _ = try await exchange.invite()
        #expect(try await messages(exchange) == [])
    }

    func `A message for a call has the cursor before its first event`() async throws {
        let exchange = try await exchange(.callIncoming)
        for _ in 1...2 {
            let id = try await exchange.invite()
            _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        }
        let positions = try await messages(exchange).map(\.position)
        #expect(positions == [0, 2])
        let feed = EventFeed(store: exchange.store)
        let cursor = Cursor(epoch: exchange.store.epoch, position: try #require(positions.last ?? nil))
        let page = try await feed.read(after: cursor, for: Cast.petya, limit: 10)
        #expect(page.events.map(\.body.type) == [.callIncoming, .callEnded])
    }

    func `Nothing is written of calls that are concealed, or when nobody is told`() async throws {
        let exchange = try await exchange()
        try await exchange.store.write { store in
            try store.block(
                Cast.vasya.userId, by: Cast.petya.userId, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
        }
        let id = try await exchange.invite()
        _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        #expect(try await messages(exchange) == [])

        let quiet = try await Exchange.withCast(in: stores)
        _ = try await quiet.invite()
        #expect(try await messages(quiet) == [])
        #expect(try await quiet.store.outbox.waiting() == [:])
    }

    func `Messages about a user go with the user`() async throws {
        let exchange = try await exchange()
        let delivered = try await exchange.connectingCall()
        _ = try await exchange.calls.perform(.hangUp(.completed), on: delivered, by: Cast.vasya)
        try await run(exchange, Sender(.delivered), seconds: 4)
        let waiting = try await exchange.invite()
        _ = try await exchange.calls.perform(.cancel, on: waiting, by: Cast.vasya)
        #expect(try await messages(exchange).count == 6)
        try await exchange.calls.erase(Cast.petya.userId)
        #expect(try await messages(exchange).map(\.type) == ["call.missed", "call.ended", "user.erased"])
        try await run(exchange, Sender(.delivered), seconds: 4)
        #expect(try await messages(exchange).map(\.type) == ["user.erased"])
    }

    func `A call is not announced after its ring time, and never to a banned user`() async throws {
        let exchange = try await exchange(.callIncoming)
        _ = try await exchange.invite()
        exchange.time.advance(by: .seconds(60))
        let sender = Sender(.delivered)
        try await run(exchange, sender, seconds: 2)
        #expect(try await messages(exchange).map(\.status) == [.failed] && sender.sent == [])
        try await exchange.store.write { store in
            var account = try #require(try store.account(Cast.petya.userId))
            account.bannedAt = ManualTime.start
            try store.update(account)
        }
        _ = try await exchange.invite()
        #expect(try await messages(exchange).count == 1)
    }

    func `What is on its way when the process stops can be taken at once`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let numbers = try await add(["a"], to: exchange)
        let sender = HangingSender()
        let runner = OutboxRunner(
            store: exchange.store.outbox, senders: ["webhook": sender], time: exchange.time,
            logger: Logger(label: "test"))
        let task = Task { await runner.run() }
        for await _ in sender.begun.stream { break }
        task.cancel()
        await task.value
        let taken = try await exchange.store.outbox.take(from: lane, limit: 1, except: [], at: exchange.time.now)
        #expect(taken.map(\.number) == numbers)
    }

    private func add(_ keys: [String], to exchange: Exchange) async throws -> [Int64] {
        let messages = keys.map { key in
            OutboxMessage(
                lane: lane, key: key, type: "webhook.test", body: Array("{}".utf8), createdAt: exchange.time.now)
        }
        return try await exchange.store.write { try $0.enqueue(messages) }
    }

    func `Messages of one key wait for each other, others do not`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let outbox = exchange.store.outbox
        let numbers = try await add(["a", "a", "b"], to: exchange)
        #expect(try await outbox.dueLanes(at: exchange.time.now) == [lane])
        let taken = try await outbox.take(from: lane, limit: 9, except: [], at: exchange.time.now)
        #expect(taken.map(\.number) == [numbers[0], numbers[2]])
        // Taken, and not given again.
        let held = Set(taken.map(\.number))
        #expect(try await outbox.take(from: lane, limit: 9, except: held, at: exchange.time.now) == [])

        let later = exchange.time.now + .seconds(60)
        try await outbox.settle(
            [OutboxOutcome(taken[0], .retry(at: later, "down")), OutboxOutcome(taken[1], .delivered)],
            at: exchange.time.now)
        #expect(try await outbox.dueLanes(at: exchange.time.now) == [], "the second waits as long as the first")
        let again = try await add(["a"], to: exchange)
        #expect(try await outbox.dueLanes(at: exchange.time.now) == [], "also one that is added later")
        exchange.time.advance(by: .seconds(60))
        let retried = try await outbox.take(from: lane, limit: 9, except: [], at: exchange.time.now)
        #expect(retried.map(\.number) == [numbers[0]] && retried.first?.attempts == 1 && retried.first?.error == "down")
        try await outbox.settle([OutboxOutcome(retried[0], .failed("gone"))], at: exchange.time.now)
        let next = try await outbox.take(from: lane, limit: 9, except: [], at: exchange.time.now)
        #expect(next.map(\.number) == [numbers[1]], "one that was given up lets the next pass")
        #expect(try await outbox.waiting() == [lane: 2] && again.count == 1)
    }

    func `A message is delivered after any number of failures and a restart`() async throws {
        let (database, time) = try await missedCall()
        let exchange = try Exchange(in: stores, database, time: time)
        let up = Sender(.delivered)
        try await run(exchange, up, seconds: 20)
        #expect(up.sent == ["call.missed", "call.ended"])
        #expect(try await messages(exchange).allSatisfy { $0.status == .delivered })
    }

    /// A database with the messages of a missed call, which were tried for a while.
    private func missedCall() async throws -> (TemporaryDatabase, ManualTime) {
        let exchange = try await exchange(.callEnded, .callMissed)
        let id = try await exchange.invite()
        _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        let down = Sender(.unavailable("down"))
        try await run(exchange, down, seconds: 10)
        #expect(down.sent.count > 1 && Set(down.sent).count == 1, "only the first is tried")
        await exchange.store.close()
        return (exchange.database, exchange.time)
    }

    /// Delivers what is due, every second.
    private func run(_ exchange: Exchange, _ sender: Sender, seconds: Int) async throws {
        let runner = OutboxRunner(
            store: exchange.store.outbox, senders: ["webhook": sender], time: exchange.time,
            logger: Logger(label: "test"))
        for _ in 0..<seconds {
            for delivery in try await runner.take() { await runner.attempt(delivery) }
            exchange.time.advance(by: .seconds(1))
        }
        _ = try await runner.take()
    }

    func `A message can be delivered again, and is pruned in the end`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let outbox = exchange.store.outbox
        _ = try await add(["a"], to: exchange)
        let taken = try await outbox.take(from: lane, limit: 1, except: [], at: exchange.time.now)
        try await outbox.settle(taken.map { OutboxOutcome($0, .delivered) }, at: exchange.time.now)
        #expect(try await messages(exchange).map(\.status) == [.delivered])
        #expect(try await outbox.replay(taken[0].number, at: exchange.time.now))
        #expect(try await !outbox.replay(taken[0].number + 100, at: exchange.time.now))
        #expect(try await messages(exchange).map(\.status) == [.waiting])
        #expect(try await outbox.take(from: lane, limit: 1, except: [], at: exchange.time.now).count == 1)
        #expect(try await !outbox.prune(before: exchange.time.now, limit: 10))
        #expect(try await messages(exchange).count == 1)
        exchange.time.advance(by: .seconds(3 * 86_400))
        #expect(try await !outbox.prune(before: exchange.time.now, limit: 10))
        #expect(try await messages(exchange) == [])
    }
}

/// Gives every message the same result.
private final class Sender: OutboxSender {
    private let result: OutboxResult
    private let types = Mutex<[String]>([])

    init(_ result: OutboxResult) { self.result = result }

    var sent: [String] { types.withLock(\.self) }

    func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        types.withLock { $0.append(delivery.type) }
        return result
    }
}

/// Never has a result before its task is cancelled.
private struct HangingSender: OutboxSender {
    let begun = AsyncStream<Void>.makeStream()

    func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        begun.continuation.yield()
        try? await Task.sleep(for: .seconds(3600))
        return .unavailable("canceled")
    }
}
