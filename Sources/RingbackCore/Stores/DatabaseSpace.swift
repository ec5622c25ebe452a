package import RingbackModel

/// How much of its maximum size a database uses, and what follows from it.
///
/// Space that is free within the database is not in use, because stores use it again; the files do not become smaller.
/// The write-ahead log is not counted.
package struct DatabaseSpace: Sendable {
    /// The smallest maximum size in bytes.
    package static let smallestMaximum = 1 << 20

    /// How long nothing is removed after a step that has removed nothing.
    package static let pause: Duration = .seconds(1)

    /// In bytes, as all numbers here. `nil` if there is no maximum.
    package let maximum: Int?
    private var used = 0
    /// Whether the oldest content is being removed.
    private var isPruning = false
    /// Until then, nothing is removed: there was nothing to remove, or it failed.
    private var pausedUntil: ContinuousClock.Instant?
    private var warnedAt: ContinuousClock.Instant?

    /// - Parameter maximumBytes: At least ``smallestMaximum``; `nil` for no maximum.
    package init(maximumBytes: Int?) { maximum = maximumBytes.map { max($0, Self.smallestMaximum) } }

    /// Whether ``update(used:)`` must be called.
    package var isLimited: Bool { maximum != nil }

    package mutating func update(used: Int) { self.used = used }

    /// The part of the maximum that only essential writes may use.
    private var reserve: Int { (maximum ?? 0) / 16 }

    /// Whether an ordinary write must be refused.
    ///
    /// - Parameter bytes: What was written and is not in ``update(used:)`` yet.
    package func isFull(adding bytes: Int = 0) -> Bool {
        guard let maximum else { return false }
        return used + bytes >= maximum - reserve
    }

    /// Whether the oldest content must be removed, so that ordinary writes need not be refused.
    package func isNearlyFull(adding bytes: Int = 0) -> Bool {
        maximum.map { used + bytes >= $0 - 2 * reserve } ?? false
    }

    /// What an operator must be told, at most once a minute.
    package mutating func takeWarning(at now: ContinuousClock.Instant) -> String? {
        guard isNearlyFull(), warnedAt.map({ $0.duration(to: now) >= .seconds(60) }) ?? true else { return nil }
        warnedAt = now
        return isFull()
            ? "the database has reached its maximum size: only what ends or removes something is written"
            : "the database has nearly reached its maximum size: the oldest content is removed"
    }

    /// Whether enough has been removed.
    package var isPruned: Bool { maximum.map { used < $0 - 3 * reserve } ?? true }

    /// Begins to remove the oldest content if that is necessary.
    ///
    /// - Returns: Whether a first step must be made.
    package mutating func beginPruning(at now: ContinuousClock.Instant) -> Bool {
        guard !isPruning, isNearlyFull(), pausedUntil.map({ $0 <= now }) ?? true else { return false }
        isPruning = true
        return true
    }

    /// Takes the result of a step.
    ///
    /// - Returns: Whether another step must be made.
    package mutating func continuePruning(hasRemoved: Bool, at now: ContinuousClock.Instant) -> Bool {
        isPruning = hasRemoved && !isPruned
        pausedUntil = hasRemoved ? nil : now + Self.pause
        return isPruning
    }
}

extension Problem {
    package static var databaseFull: Problem {
        Problem(
            .storageUnavailable,
            "The database has reached its maximum size. Nothing was written. Retry later with the same Idempotency-Key.",
            retryAfterSeconds: 5)
    }
}
