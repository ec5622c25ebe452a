import RingbackCore
import RingbackModel
import Synchronization

/// The push subscriptions that were refused lately, to remove those that never work.
final class PushFailures: Sendable {
    private static let capacity = 10_000
    /// In a row, and the time between the first and the last, after which a subscription is removed: more than a push
    /// service is away.
    static let maximum = 20
    static let time: Duration = .seconds(86_400)

    private struct Failures {
        var count = 0
        var since: MonotonicTime
    }

    private let failures = Mutex<[DeviceID: Failures]>([:])
    private let hasDelivered = Atomic(false)

    /// Whether the push service has accepted a push since the start, so that its host and the key are right.
    var serviceHasDelivered: Bool { hasDelivered.load(ordering: .relaxed) }

    func succeeded(_ device: DeviceID) {
        hasDelivered.store(true, ordering: .relaxed)
        failures.withLock { $0[device] = nil }
    }

    /// The push service has refused a push because of its subscription.
    ///
    /// - Returns: Whether the subscription of the device is to be removed.
    func failed(_ device: DeviceID, at now: MonotonicTime) -> Bool {
        failures.withLock { failures in
            // Beyond this, subscriptions are kept.
            guard failures.count < Self.capacity || failures[device] != nil else { return false }
            var known = failures[device] ?? Failures(since: now)
            known.count += 1
            let isOver = known.count >= Self.maximum && now - known.since >= Self.time
            failures[device] = isOver ? nil : known
            return isOver
        }
    }
}
