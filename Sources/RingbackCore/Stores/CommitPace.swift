/// Decides when the next commit begins: immediately, or a little later when commits follow each other closely.
///
/// A commit costs the same with one message as with five. If many messages arrive, each would have a commit of its own.
/// Therefore a commit begins at least ``interval`` after the previous one, with all messages that have arrived by then.
/// A single message does not wait.
package struct CommitPace {
    /// The number of jobs with which a commit begins immediately.
    package static let enough = 32

    /// The minimum time between the beginnings of two commits, and the maximum time that a message waits.
    package let interval: Duration
    private var last: ContinuousClock.Instant?

    package init(interval: Duration) { self.interval = interval }

    /// The time to wait before the next commit; zero to begin immediately.
    ///
    /// - Parameter jobs: The number of waiting jobs.
    package func delay(at now: ContinuousClock.Instant, jobs: Int) -> Duration {
        guard let last, jobs < Self.enough else { return .zero }
        return max(.zero, interval - last.duration(to: now))
    }

    package mutating func began(at now: ContinuousClock.Instant) { last = now }
}
