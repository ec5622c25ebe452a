import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Whether the store can write, for `/readyz`; also logs failures.
final class StorageHealth: Sendable {
    /// The minimum time between log entries for failures of the same kind.
    private static let logInterval: Duration = .seconds(10)
    private static let probeInterval: Duration = .seconds(1)

    private struct Failures {
        var count = 0
        var loggedAt: MonotonicTime?
    }

    private struct State {
        var failures: [StoreFailure.Operation: Failures] = [:]
        var failingSince: MonotonicTime?
    }

    private let logger: Logger
    private let state = Mutex(State())
    /// Read with every commit.
    private let failing = Atomic(false)

    init(logger: Logger) { self.logger = logger }

    /// Whether the last commit failed.
    var isFailing: Bool { failing.load(ordering: .relaxed) }

    /// Records that a commit or a read failed.
    func failed(_ failure: StoreFailure, at now: MonotonicTime) {
        let count = state.withLock { state -> Int? in
            if failure.operation == .write, state.failingSince == nil {
                state.failingSince = now
                failing.store(true, ordering: .relaxed)
            }
            var failures = state.failures[failure.operation, default: Failures()]
            defer { state.failures[failure.operation] = failures }
            failures.count += 1
            if let loggedAt = failures.loggedAt, now < loggedAt + Self.logInterval, now >= loggedAt { return nil }
            defer { failures = Failures(loggedAt: now) }
            return failures.count
        }
        guard let count else { return }
        logger.error(
            "the database failed",
            metadata: [
                "operation": "\(failure.operation.rawValue)", "error": "\(failure.reason)", "failures": "\(count)",
            ])
    }

    /// Records that a commit is durable.
    func committed(at now: MonotonicTime) {
        guard isFailing else { return }
        let since = state.withLock { state in
            defer { state.failingSince = nil }
            failing.store(false, ordering: .relaxed)
            return state.failingSince
        }
        guard let since else { return }
        logger.notice("the database can be written again", metadata: ["after": "\(now - since)"])
    }

    /// While writes fail, tests periodically whether they work again, because a server that is not ready receives none.
    /// Runs until the task is cancelled.
    func probe(_ store: any Store, time: any Timekeeper) async {
        while !Task.isCancelled {
            try? await time.sleep(until: time.monotonic + Self.probeInterval)
            if isFailing { try? await store.probe() }
        }
    }
}
