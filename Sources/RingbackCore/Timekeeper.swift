package import RingbackModel

/// The source of time, which tests replace with a clock of their own.
package protocol Timekeeper: Sendable {
    /// The wall clock, for times that are displayed or stored. It may be changed at any time.
    var now: Timestamp { get }

    /// The monotonic clock, for intervals and deadlines.
    var monotonic: MonotonicTime { get }

    /// Returns at `moment` or soon after.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(until moment: MonotonicTime) async throws
}

extension Timekeeper {
    package var moment: Moment { Moment(wall: now, monotonic: monotonic) }
}
