import CurlTransport
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Sends the pushes of the outbox that go to one kind of push service.
struct PushSender<Service: PushService>: OutboxSender {
    let service: Service
    let store: any Store
    let time: any Timekeeper
    let logger: Logger
    private let failures = PushFailures()
    private let warnings = Warnings()

    init(_ service: Service, store: any Store, time: any Timekeeper, logger: Logger) {
        self.service = service
        self.store = store
        self.time = time
        self.logger = logger
    }

    func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        let result: OutboxResult
        do {
            result = try await attempt(delivery)
        } catch CurlError.failed(.addressNotAllowed, let text) {
            result = .void(text)
        } catch {
            result = .unavailable("\(error)")
        }
        guard let device = delivery.recipient, !Task.isCancelled else { return result }
        switch result {
        case .delivered: failures.succeeded(device)
        case .void: break
        case .refused, .unavailable:
            guard failures.failed(device, at: time.monotonic) else { break }
            do {
                try await store.write { try $0.deletePushSubscription(of: device) }
                return .void("the subscription has failed too often")
            } catch {
                return result
            }
        }
        return result
    }

    private func attempt(_ delivery: OutboxDelivery) async throws -> OutboxResult {
        guard let device = delivery.recipient, let id = CallID(String(delivery.key.prefix { $0 != " " })),
            let type = PushType(rawValue: delivery.type)
        else { return .void("a message of another version") }
        let (subscription, call) = try await store.read { store in
            (try store.pushSubscription(of: device), try store.call(id))
        }
        guard let subscription, subscription.lane.kind == delivery.lane.kind else {
            return .void("the device has no subscription of this kind any more")
        }
        if type == .incoming, call?.stillRings != true { return .void("the call does not ring any more") }
        let push = Push(
            call: id, type: type, body: delivery.body, messageID: delivery.messageID(epoch: store.epoch),
            expiresAt: delivery.expiresAt, target: subscription.target)
        switch try await service.send(push) {
        case .result(let result): return result
        case .ended(let reason, let moment):
            let moment = moment ?? time.now
            try await store.write { try $0.delete(subscription, endedAt: moment) }
            return .void("the subscription has ended: \(reason)")
        case .denied(let result):
            warn(result, delivery.lane)
            return result
        }
    }

    private func warn(_ result: OutboxResult, _ lane: OutboxLane) {
        guard warnings.isDue(at: time.monotonic) else { return }
        logger.warning(
            "a push service does not accept the server's key or settings",
            metadata: ["service": "\(lane.kind)", "result": "\(result)"])
    }
}

/// Bounds how often the same is logged.
private final class Warnings: Sendable {
    private static let pause: Duration = .seconds(60)

    private let next = Mutex<MonotonicTime?>(nil)

    func isDue(at now: MonotonicTime) -> Bool {
        next.withLock { next in
            guard next.map({ $0 <= now }) ?? true else { return false }
            next = now + Self.pause
            return true
        }
    }
}
