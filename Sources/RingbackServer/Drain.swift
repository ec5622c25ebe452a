import Synchronization

/// Whether the server is about to stop.
final class Drain: Sendable {
    private let hasBegunFlag = Atomic(false)
    private let signal = WakeSignal()

    var hasBegun: Bool { hasBegunFlag.load(ordering: .relaxed) }

    func begin() {
        hasBegunFlag.store(true, ordering: .relaxed)
        signal.signal()
    }

    /// To be called by one task. Also returns when that is cancelled.
    func waitUntilBegun() async { await signal.wait() }
}
