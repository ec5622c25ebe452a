package import Logging
import Synchronization

/// Calls ``CallService/expire()`` at the next deadline. Deadlines follow from the calls, also after a restart.
package final class CallClock: Sendable {
    private struct State {
        var next: MonotonicTime?
        var wake: CheckedContinuation<Void, Never>?
        var isWoken = false
    }

    private let calls: CallService
    private let time: any Timekeeper
    private let logger: Logger
    private let state = Mutex(State())

    package init(calls: CallService, time: any Timekeeper, logger: Logger) {
        self.calls = calls
        self.time = time
        self.logger = logger
    }

    /// Takes the new deadline of a call that has changed.
    package func scheduled(_ deadline: MonotonicTime?) {
        guard let deadline else { return }
        let wake = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let next = state.next, next <= deadline { return nil }
            state.next = deadline
            state.isWoken = true
            defer { state.wake = nil }
            return state.wake
        }
        wake?.resume()
    }

    /// Runs until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                state.withLock { $0.next = nil }
                try await calls.expire()
                let next = try await calls.nextDeadline()
                state.withLock { state in state.next = [state.next, next].compactMap(\.self).min() }
                await waitUntilDue()
            } catch {
                if Task.isCancelled { return }
                logger.error("failed to expire calls", metadata: ["error": "\(error)"])
                try? await time.sleep(until: time.monotonic + .seconds(1))
            }
        }
    }

    /// Returns at the next deadline, or when an earlier one may have been added.
    private func waitUntilDue() async {
        let next = state.withLock { state in
            state.isWoken = false
            return state.next
        }
        await withTaskGroup { group in
            group.addTask { await self.waitForWake() }
            if let next { group.addTask { [time] in try? await time.sleep(until: next) } }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForWake() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWoken = state.withLock { state in
                    // Read once, because the task may be cancelled at any time.
                    let isWoken = state.isWoken || Task.isCancelled
                    if !isWoken { state.wake = continuation }
                    return isWoken
                }
                if isWoken { continuation.resume() }
            }
        } onCancel: {
            let wake = state.withLock { state in
                defer { state.wake = nil }
                return state.wake
            }
            wake?.resume()
        }
    }
}
