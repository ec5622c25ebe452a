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
}
