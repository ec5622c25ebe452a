import Logging
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

struct OutboxRunnerTests {
    /// Does not answer at one host.
    private struct PartlyUnreachableSender: OutboxSender {
        func send(_ delivery: OutboxDelivery) async -> OutboxResult {
            delivery.lane.name.contains("dead") ? .unavailable("timeout") : .refused("status 429")
        }
    }

    @Test func `A push service that does not answer delays no other`() async throws {
        let exchange = try await Exchange.withCast()
        let now = exchange.time.now
        func messages(_ host: String) -> [OutboxMessage] {
            (0..<40).map {
                OutboxMessage(
                    lane: OutboxLane(rawValue: "push/https://\(host)"), key: "\($0)", type: "call.incoming", body: [],
                    createdAt: now)
            }
        }
        let (dead, alive) = (messages("dead.example.org"), messages("alive.example.org"))
        try await exchange.store.write { _ = try $0.enqueue(dead + alive) }
        let runner = OutboxRunner(
            store: exchange.store.outbox, senders: ["push": PartlyUnreachableSender()], time: exchange.time,
            logger: Logger(label: "test"))
        var attempts: [String: Int] = [:]
        for _ in 0..<10 {
            for delivery in try await runner.take() {
                attempts[String(delivery.lane.name), default: 0] += 1
                await runner.attempt(delivery)
            }
        }
        #expect(attempts["https://alive.example.org"] == 40, "a refusal is no reason to wait")
        #expect(attempts["https://dead.example.org"] == 4)
    }

    /// Asks to wait for a minute.
    private struct BusySender: OutboxSender {
        func send(_ delivery: OutboxDelivery) async -> OutboxResult {
            .unavailable("status 429", retryAfter: .seconds(60))
        }
    }

    @Test(arguments: [("webhook/main", 2), ("fcm/all", 1)])
    func `Only push services let other messages wait for as long as they ask`(lane: String, attempts: Int) async throws
    {
        let exchange = try await Exchange.withCast()
        let runner = OutboxRunner(
            store: exchange.store.outbox, senders: ["webhook": BusySender(), "fcm": BusySender()], time: exchange.time,
            logger: Logger(label: "test"))
        var attempted = 0
        for key in ["first", "second"] {
            let message = OutboxMessage(
                lane: OutboxLane(rawValue: lane), key: key, type: "call.incoming", body: [],
                createdAt: exchange.time.now)
            try await exchange.store.write { _ = try $0.enqueue([message]) }
            for delivery in try await runner.take() {
                attempted += 1
                await runner.attempt(delivery)
            }
        }
        #expect(attempted == attempts)
    }
}
