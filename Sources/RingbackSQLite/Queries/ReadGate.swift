import Synchronization

/// Counts the reads that are running, and holds new ones back for a moment when the write-ahead log must begin anew: it
/// can't as long as anybody reads from it, and reads that overlap would keep it growing for ever.
final class ReadGate: Sendable {
    private struct State {
        var running = 0
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var whenEmpty: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Begins a read, unless the gate is closed.
    func tryToEnter() -> Bool {
        state.withLock { state in
            if !state.isClosed { state.running += 1 }
            return !state.isClosed
        }
    }

    /// Begins a read; waits as long as the gate is closed.
    func enter() async {
        await withCheckedContinuation { continuation in
            let enters = state.withLock { state in
                if state.isClosed { state.waiting.append(continuation) } else { state.running += 1 }
                return !state.isClosed
            }
            if enters { continuation.resume() }
        }
    }

    /// Ends a read.
    func leave() {
        let whenEmpty = state.withLock { state -> (@Sendable () -> Void)? in
            state.running -= 1
            guard state.running == 0 else { return nil }
            defer { state.whenEmpty = nil }
            return state.whenEmpty
        }
        whenEmpty?()
    }

    /// Holds new reads back.
    ///
    /// - Parameter whenEmpty: Called once no read is running, on any thread. Must not wait, and must lead to
    ///   ``open()``.
    func close(whenEmpty: @escaping @Sendable () -> Void) {
        let isEmpty = state.withLock { state in
            state.isClosed = true
            if state.running > 0 { state.whenEmpty = whenEmpty }
            return state.running == 0
        }
        if isEmpty { whenEmpty() }
    }

    /// Lets those in that wait.
    func open() {
        let waiting = state.withLock { state in
            state.isClosed = false
            state.running += state.waiting.count
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
