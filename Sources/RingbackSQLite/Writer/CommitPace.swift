/// Decides when the next commit begins: immediately, or a little later when commits follow each other closely.
///
/// A commit costs the same with one message as with five. At about a thousand messages per second, each message would
/// have a commit of its own. Therefore a commit begins at least ``interval`` after the previous one, with all messages
/// that have arrived by then. A single message does not wait.
struct CommitPace {
    /// The minimum time between the beginnings of two commits, and the maximum time that a message waits.
    static let interval: Duration = .milliseconds(1)
    /// The number of jobs with which a commit begins immediately.
    static let enough = 32

    private var last: ContinuousClock.Instant?

    /// The time to wait before the next commit; zero to begin immediately.
    ///
    /// - Parameter jobs: The number of waiting jobs.
    func delay(at now: ContinuousClock.Instant, jobs: Int) -> Duration {
        guard let last, jobs < Self.enough else { return .zero }
        return max(.zero, Self.interval - last.duration(to: now))
    }

    mutating func began(at now: ContinuousClock.Instant) { last = now }
}
