/// Decides when the keys at a URL are fetched again. A value without I/O.
struct KeyRefresh {
    enum Reason: Sendable { case age, unknownKey }

    /// The age at which keys are fetched again.
    static let age: Duration = .seconds(600)
    /// Between two fetches for their age, while they fail.
    static let pause: Duration = .seconds(60)
    /// Between two fetches for unknown keys, because anybody can send tokens that name one.
    static let pauseForUnknownKeys: Duration = .seconds(10)

    private var succeededAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    private var triedForUnknownKeyAt: ContinuousClock.Instant?

    /// Whether to fetch now; counts as tried then.
    mutating func begins(_ reason: Reason, at now: ContinuousClock.Instant) -> Bool {
        switch reason {
        case .age:
            if let succeededAt, now - succeededAt < Self.age { return false }
            if let triedAt, now - triedAt < Self.pause { return false }
        case .unknownKey:
            if let triedForUnknownKeyAt, now - triedForUnknownKeyAt < Self.pauseForUnknownKeys { return false }
            triedForUnknownKeyAt = now
        }
        triedAt = now
        return true
    }

    mutating func succeeded(at now: ContinuousClock.Instant) { succeededAt = now }
}
