import Logging
import Metrics
import RingbackCore
import RingbackModel
import Synchronization

/// Counts what a kind of push service says of pushes, and logs what the operator can mend, each reason once a minute.
final class PushReport: Sendable {
    private static let pause: Duration = .seconds(60)
    private static let maximumReasons = 64

    private let service: String
    private let registry: any MetricsFactory
    private let logger: Logger
    /// When a reason is logged again.
    private let next = Mutex<[String: MonotonicTime]>([:])

    init(service: String, registry: any MetricsFactory, logger: Logger) {
        self.service = service
        self.registry = registry
        self.logger = logger
    }

    func record(_ result: PushResult, of lane: OutboxLane, at now: MonotonicTime) {
        Counter(
            label: "ringback_pushes_total", dimensions: [("service", service), ("result", result.label)],
            factory: registry
        ).increment()
        switch result {
        case .denied(let result):
            let reason = result.reason
            warn("a push service does not accept the server's key or settings", reason, once: reason, at: now)
        case .unknownToken(let reason):
            warn(
                "a push service does not know a device's token; check its host, and the key's project", reason,
                once: reason, at: now)
        // Clients choose the others.
        case .result(.unavailable(let reason, _)) where lane.kind != "push" || PushSubscription.isKnown(lane):
            warn("pushes can't be sent at the moment", reason, once: lane.rawValue, at: now)
        case .result, .ended: break
        }
    }

    private func warn(_ message: Logger.Message, _ reason: String, once key: String, at now: MonotonicTime) {
        guard isDue(key, at: now) else { return }
        logger.warning(message, metadata: ["service": "\(service)", "reason": "\(reason)"])
    }

    private func isDue(_ key: String, at now: MonotonicTime) -> Bool {
        next.withLock { next in
            if let moment = next[key], moment > now { return false }
            if next.count >= Self.maximumReasons { next = next.filter { $0.value > now } }
            guard next.count < Self.maximumReasons else { return false }
            next[key] = now + Self.pause
            return true
        }
    }
}

extension PushResult {
    fileprivate var label: String {
        switch self {
        case .result(.delivered): "delivered"
        case .result(.refused): "refused"
        case .result(.unavailable): "unavailable"
        case .result(.void): "dropped"
        case .ended: "ended"
        case .unknownToken: "unknown_token"
        case .denied: "denied"
        }
    }
}

extension OutboxResult {
    fileprivate var reason: String {
        switch self {
        case .delivered: "delivered"
        case .refused(let reason, _), .unavailable(let reason, _), .void(let reason): reason
        }
    }
}
