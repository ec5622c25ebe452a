/// How a lane of the outbox fares since the other side last responded, which bounds what is sent at a time. A value;
/// the time is an argument.
///
/// While the other side is down, one message is tried at a time, with a pause in between: thousands that wait are not
/// all tried in vain, and are all due as soon as it is back.
struct LaneHealth: Sendable {
    /// Messages that are sent at a time.
    static let width = 16
    /// The same for a push service that clients have chosen.
    static let widthOfUnknown = 4
    /// Messages that are sent at a time to all push services that clients have chosen.
    static let widthOfAllUnknown = 64
    /// Failures in a row after which the lane pauses.
    static let tolerated = 3
    static let longestPause: Duration = .seconds(10)
    /// The longest pause that the other side can ask for.
    static let longestAskedPause: Duration = .seconds(300)

    private var failures = 0
    private var pausedUntil: MonotonicTime?
    /// The end of the pause that the other side has asked for.
    private var askedUntil: MonotonicTime?

    /// Whether nothing has to be remembered.
    func isWell(at now: MonotonicTime) -> Bool { width(at: now) == Self.width }

    /// How many messages may be on their way.
    func width(at now: MonotonicTime) -> Int {
        if let askedUntil, askedUntil > now { return 0 }
        if failures < Self.tolerated { return Self.width }
        return pausedUntil.map { $0 > now } ?? false ? 0 : 1
    }

    /// The other side could not be reached, or cannot process anything at the moment.
    ///
    /// - Parameter asked: The pause that it has asked for.
    mutating func failed(at now: MonotonicTime, retryAfter asked: Duration? = nil) {
        failures = asked == nil ? failures + 1 : max(failures + 1, Self.tolerated)
        guard failures >= Self.tolerated else { return }
        let until = now + min(Self.longestPause, .seconds(1) * (1 << min(failures - Self.tolerated, 4)))
        pausedUntil = pausedUntil.map { max($0, until) } ?? until
        guard let asked else { return }
        let end = now + min(asked, Self.longestAskedPause)
        askedUntil = askedUntil.map { max($0, end) } ?? end
    }

    /// The other side has responded. What it has asked for meanwhile still holds.
    mutating func responded() {
        failures = 0
        pausedUntil = nil
    }
}

/// When a message is tried again.
enum RetrySchedule {
    static let longest: Duration = .seconds(3600)

    /// The delay after an attempt has failed: doubles from a second up to an hour.
    ///
    /// - Parameters:
    ///   - attempt: Counted from 1.
    ///   - jitter: From 0 to 1; the delay is between half of its maximum and the maximum.
    static func delay(afterAttempt attempt: Int, jitter: Double) -> Duration {
        let full = min(longest, .seconds(1 << min(max(attempt - 1, 0), 12)))
        return full * (0.5 + 0.5 * jitter)
    }
}
