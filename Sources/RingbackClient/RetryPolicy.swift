import RingbackModel

/// The delays between retries: doubling, bounded, and random within the upper half.
public struct RetryPolicy: Sendable, Hashable {
    /// How often a request is repeated. Connections for events are retried without limit.
    public var maximumRetries: Int
    /// The first delay, before randomization.
    public var firstDelay: Duration
    /// The longest delay, except for a `Retry-After`.
    public var maximumDelay: Duration
    /// The longest `Retry-After` to wait for. With a longer one, a request throws, and events wait for this long.
    public var maximumRetryAfter: Duration

    /// Creates a policy. The defaults are 4 retries, with delays of 0.25 s, 0.5 s, … up to 15 s, and a `Retry-After` of
    /// up to 60 s.
    public init(
        maximumRetries: Int = 4, firstDelay: Duration = .milliseconds(250), maximumDelay: Duration = .seconds(15),
        maximumRetryAfter: Duration = .seconds(60)
    ) {
        self.maximumRetries = maximumRetries
        self.firstDelay = firstDelay
        self.maximumDelay = maximumDelay
        self.maximumRetryAfter = maximumRetryAfter
    }

    /// The delay after `failures` consecutive failures, at least 1: between half of the doubled delay and all of it, so
    /// that clients that lost the same server do not return at the same moment.
    func delay(afterFailures failures: Int, retryAfter: Duration?) -> Duration {
        let exponent = min(max(failures - 1, 0), 30)
        let full = min(maximumDelay, firstDelay * (1 << exponent))
        let jittered = full * Double.random(in: 0.5...1)
        guard let retryAfter else { return jittered }
        return max(jittered, min(retryAfter, maximumRetryAfter) + jittered * 0.1)
    }
}
