import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Limits on guessing passwords, also in parallel.
struct AttemptLimiterTests {
    private let limiter = AttemptLimiter()
    private let now = ManualTime.monotonicStart

    private func begin(_ user: UserID = Cast.vasya.userId) -> Int? {
        do {
            try limiter.begin(AttemptLimiter.Key(user), at: now)
            return nil
        } catch {
            return (error as? Problem)?.retryAfterSeconds
        }
    }

    @Test func `At most 32 attempts for one name are checked at a time`() {
        for _ in 0..<32 { #expect(begin() == nil) }
        #expect(begin() != nil)
        #expect(begin(Cast.petya.userId) == nil)
        limiter.end(AttemptLimiter.Key(Cast.vasya.userId), hasSucceeded: nil)
        #expect(begin() == nil)
        #expect(begin() != nil)
    }

    @Test func `An attempt whose outcome is unknown is not a wrong password`() {
        for _ in 0..<100 {
            #expect(begin() == nil)
            limiter.end(AttemptLimiter.Key(Cast.vasya.userId), hasSucceeded: nil)
        }
    }

    @Test func `Ten wrong passwords are a limit that the response names`() {
        let key = AttemptLimiter.Key(Cast.vasya.userId)
        for _ in 0..<10 {
            #expect(begin() == nil)
            limiter.end(key, hasSucceeded: false)
        }
        let problem = #expect(throws: Problem.self) { try limiter.begin(key, at: now) }
        #expect(problem?.code == .rateLimited && problem?.retryAfterSeconds == 61)
        #expect(problem?.rateLimit == Problem.RateLimit(policy: "user-sign-ins", quota: 10, windowSeconds: 60))
    }
}
