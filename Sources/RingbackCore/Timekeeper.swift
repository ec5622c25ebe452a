package import RingbackModel

/// What time it is, and how to wait for another. The one source of time, so that tests can hold it.
package protocol Timekeeper: Sendable {
    var now: Timestamp { get }

    /// Returns at `moment` or soon after.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(until moment: Timestamp) async throws
}
