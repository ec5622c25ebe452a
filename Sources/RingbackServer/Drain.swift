import Synchronization

/// Whether the server is shutting down.
final class Drain: Sendable {
    private let hasBegunFlag = Atomic(false)
    private let signal = WakeSignal()

    var hasBegun: Bool { hasBegunFlag.load(ordering: .relaxed) }

    func begin() {
        hasBegunFlag.store(true, ordering: .relaxed)
        signal.signal()
    }

    /// Waits until the shutdown begins or the task is cancelled. For one task.
    func waitUntilBegun() async { await signal.wait() }
}
