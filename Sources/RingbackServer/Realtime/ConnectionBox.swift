import Synchronization

/// Lets a request that waits learn that its client has left.
///
/// The server keeps half-closed connections open, so nobody else would notice: the gate of the connection tells the box.
final class ConnectionBox: Sendable {
    @TaskLocal static var current: ConnectionBox?

    private struct State {
        var isClosed = false
        var onClose: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Sets what to call when the client leaves; at once if it has left.
    func onClose(_ action: (@Sendable () -> Void)?) {
        let isClosed = state.withLock { state in
            state.onClose = action
            return state.isClosed
        }
        if isClosed { action?() }
    }

    var isClosed: Bool { state.withLock(\.isClosed) }

    func close() {
        let action = state.withLock { state in
            state.isClosed = true
            defer { state.onClose = nil }
            return state.onClose
        }
        action?()
    }
}
