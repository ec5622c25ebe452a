package import RingbackModel

/// The source of time, which tests replace with a clock of their own.
package protocol Timekeeper: Sendable {
    var now: Timestamp { get }

    /// Waits until `moment`.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func sleep(until moment: Timestamp) async throws
}
