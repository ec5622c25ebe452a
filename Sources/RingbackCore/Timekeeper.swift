package import RingbackModel

/// The source of time, which tests replace with a clock of their own.
package protocol Timekeeper: Sendable {
    /// The wall clock: for what is shown, and what is stored. It may be set at any time, forwards and back.
    var now: Timestamp { get }

    /// For intervals and deadlines.
    var monotonic: MonotonicTime { get }

    /// Returns at `moment` or soon after.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(until moment: MonotonicTime) async throws
}

extension Timekeeper {
    package var moment: Moment { Moment(wall: now, monotonic: monotonic) }
}
