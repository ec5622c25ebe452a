import CurlTransport
import RingbackCore
import RingbackModel

/// Sends the pushes of the outbox that go to one kind of push service.
struct PushSender<Service: PushService>: OutboxSender {
    let service: Service
    let store: any Store
    let time: any Timekeeper
    let report: PushReport
    private let failures = PushFailures()

    init(_ service: Service, store: any Store, time: any Timekeeper, report: PushReport) {
        self.service = service
        self.store = store
        self.time = time
        self.report = report
    }

    func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        guard let device = delivery.recipient, let id = CallID(String(delivery.key.prefix { $0 != " " })),
            let type = PushType(rawValue: delivery.type)
        else { return .void("a message of another version") }
        do {
            let (subscription, call) = try await store.read { store in
                (try store.pushSubscription(of: device), try store.call(id))
            }
            guard let subscription, subscription.lane.kind == delivery.lane.kind else {
                return .void("the device has no subscription of this kind any more")
            }
            if type == .incoming, call?.stillRings != true { return .void("the call does not ring any more") }
            let result = await attempt(
                Push(
                    call: id, type: type, body: delivery.body, messageID: delivery.messageID(epoch: store.epoch),
                    expiresAt: delivery.expiresAt, target: subscription.target))
            // Interrupted by the end of the server.
            if Task.isCancelled, result != .result(.delivered) { return .unavailable("the server stops") }
            report.record(result, of: delivery.lane, at: time.monotonic)
            return try await conclude(result, subscription)
        } catch {
            return .unavailable("\(error)")
        }
    }

    private func attempt(_ push: Push) async -> PushResult {
        do {
            return try await service.send(push)
        } catch CurlError.failed(.addressNotAllowed, let text) {
            return .result(.void(text))
        } catch {
            return .result(.unavailable("\(error)"))
        }
    }

    /// Removes the subscription if nothing can be sent there any more.
    private func conclude(_ result: PushResult, _ subscription: PushSubscription) async throws -> OutboxResult {
        switch result {
        case .result(.delivered):
            failures.succeeded(subscription.device)
            return .delivered
        case .result(.refused(let reason, let after)):
            guard failures.failed(subscription.device, at: time.monotonic) else {
                return .refused(reason, retryAfter: after)
            }
            try await delete(subscription, endedAt: time.now)
            return .void("the subscription has failed too often")
        // Not because of the subscription.
        case .result(let result), .denied(let result): return result
        case .ended(let reason, let moment):
            try await delete(subscription, endedAt: moment ?? time.now)
            return .void("the subscription has ended: \(reason)")
        case .unknownToken(let reason):
            guard failures.serviceHasDelivered else { return .void("no token was accepted yet: \(reason)") }
            try await delete(subscription, endedAt: time.now)
            return .void("the subscription has ended: \(reason)")
        }
    }

    private func delete(_ subscription: PushSubscription, endedAt moment: Timestamp) async throws {
        try await store.write { try $0.delete(subscription, endedAt: moment) }
    }
}
