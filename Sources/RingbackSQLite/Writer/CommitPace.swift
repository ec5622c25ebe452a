/// When the next commit begins: at once, or a little later when commits follow each other closely.
///
/// A commit costs the same whether it has one message or five. At some thousand messages a second, far from full, each would have
/// a commit of its own; so the next begins no sooner than ``interval`` after the last, with what has come until then. A
/// message that comes alone does not wait.
struct CommitPace {
    /// Between the beginnings of two commits. The most that a message waits.
    static let interval: Duration = .milliseconds(1)
    /// With so many jobs there is nothing to wait for.
    static let enough = 32

    private var last: ContinuousClock.Instant?

    /// How long to wait before the next commit; zero to begin it at once.
    ///
    /// - Parameter jobs: How many wait for it.
    func delay(at now: ContinuousClock.Instant, jobs: Int) -> Duration {
        guard let last, jobs < Self.enough else { return .zero }
        return max(.zero, Self.interval - last.duration(to: now))
    }

    mutating func began(at now: ContinuousClock.Instant) { last = now }
}
