package import RingbackCore
package import RingbackModel
import Synchronization

/// A clock that only changes when it is moved.
package final class ManualTime: Timekeeper {
    private struct Sleeper {
        let until: MonotonicTime
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let until: MonotonicTime
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var monotonic = ManualTime.monotonicStart
        var wall: SteadyClock
        var sleepers: [UInt64: Sleeper] = [:]
        var watchers: [Watcher] = []
        var nextNumber: UInt64 = 0
    }

    /// 2026-01-31T09:30:00.000Z
    package static let start = Timestamp(milliseconds: 1_769_851_800_000)

    /// The initial value of ``monotonic``.
    package static let monotonicStart = MonotonicTime(milliseconds: 1_000_000)

    private let state: Mutex<State>

    package init(_ now: Timestamp = ManualTime.start) {
        state = Mutex(State(wall: SteadyClock(reading: now, at: Self.monotonicStart)))
    }

    package var now: Timestamp { state.withLock { $0.wall.time(at: $0.monotonic) } }

    package var monotonic: MonotonicTime { state.withLock(\.monotonic) }

    /// Changes the wall clock without any time passing.
    package func stepWallClock(by duration: Duration) {
        state.withLock { state in
            let now = state.wall.time(at: state.monotonic)
            state.wall = SteadyClock(reading: now + duration, at: state.monotonic)
        }
    }

    /// Moves both clocks, and wakes sleeping tasks whose time has come, the earliest first.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.monotonic = state.monotonic + duration
            let due = state.sleepers.filter { $0.value.until <= state.monotonic }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.until < $1.until }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    package func sleep(until moment: MonotonicTime) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, watchers) = state.withLock { state -> (Result<Void, any Error>?, [Watcher]) in
                    if Task.isCancelled { return (.failure(CancellationError()), []) }
                    if moment <= state.monotonic { return (.success(()), []) }
                    state.sleepers[number] = Sleeper(until: moment, continuation: continuation)
                    let watchers = state.watchers.filter { $0.until == moment }
                    state.watchers.removeAll { $0.until == moment }
                    return (nil, watchers)
                }
                if let result { continuation.resume(with: result) }
                for watcher in watchers { watcher.continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: number) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits until a task sleeps until `elapsed` after the start, so that a test can move the clock without a race;
    /// also returns when cancelled.
    package func someoneSleeps(until elapsed: Duration) async {
        let moment = Self.monotonicStart + elapsed
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.sleepers.values.contains(where: { $0.until == moment }) { return true }
                    state.watchers.append(Watcher(until: moment, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let watchers = state.withLock { state in
                defer { state.watchers.removeAll { $0.until == moment } }
                return state.watchers.filter { $0.until == moment }
            }
            for watcher in watchers { watcher.continuation.resume() }
        }
    }
}
