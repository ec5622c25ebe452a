import RingbackModel

/// When what failed is tried again: after a time that doubles, is bounded, and is random within its upper half.
public struct RetryPolicy: Sendable, Hashable {
    /// How often a request is repeated. Events are tried for as long as somebody waits for them.
    public var maximumRetries: Int
    /// About the first wait.
    public var firstDelay: Duration
    /// No wait is longer, but for a `Retry-After`.
    public var maximumDelay: Duration
    /// A longer `Retry-After` is not waited for: a request throws, events wait this long.
    public var maximumRetryAfter: Duration

    /// - Parameters: 4 retries, after 0.25 s, 0.5 s, … 15 s; a `Retry-After` up to 60 s.
    public init(
        maximumRetries: Int = 4, firstDelay: Duration = .milliseconds(250), maximumDelay: Duration = .seconds(15),
        maximumRetryAfter: Duration = .seconds(60)
    ) {
        self.maximumRetries = maximumRetries
        self.firstDelay = firstDelay
        self.maximumDelay = maximumDelay
        self.maximumRetryAfter = maximumRetryAfter
    }

    /// How long to wait after `failures` in a row, 1 or more: from half to all of the doubled time, so that clients that lost
    /// one server together don't come back together.
    func delay(afterFailures failures: Int, retryAfter: Duration?) -> Duration {
        let exponent = min(max(failures - 1, 0), 30)
        let full = min(maximumDelay, firstDelay * (1 << exponent))
        let jittered = full * Double.random(in: 0.5...1)
        guard let retryAfter else { return jittered }
        return max(jittered, min(retryAfter, maximumRetryAfter) + jittered * 0.1)
    }
}
