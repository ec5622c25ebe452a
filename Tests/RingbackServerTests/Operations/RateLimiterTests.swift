import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

/// The rate limits of a device's writes and of a user's bytes.
struct RateLimiterTests {
    private let start = ManualTime.monotonicStart

    /// How many of `count` writes at once are taken.
    private func taken(_ count: Int, by limiter: RateLimiter<DeviceID>, of device: Participant, at now: MonotonicTime)
        -> Int
    {
        (0..<count).count { _ in (try? limiter.spend(device.deviceId, at: now)) != nil }
    }

    @Test func `Twice the average is taken at once, then the average`() {
        let limiter = RateLimiter<DeviceID>("writes", perSecond: 10)
        #expect(taken(100, by: limiter, of: Cast.vasya, at: start) == 20)
        #expect(taken(100, by: limiter, of: Cast.petya, at: start) == 20, "each device has its own")
        #expect(taken(100, by: limiter, of: Cast.vasya, at: start + .milliseconds(500)) == 5)
        #expect(taken(100, by: limiter, of: Cast.vasya, at: start + .seconds(3600)) == 20)
    }

    @Test func `What is refused may be sent again after a second`() throws {
        let limiter = RateLimiter<DeviceID>("writes", perSecond: 1)
        _ = taken(2, by: limiter, of: Cast.vasya, at: start)
        let problem = #expect(throws: Problem.self) { try limiter.spend(Cast.vasya.deviceId, at: start) }
        #expect(problem?.code == .rateLimited && problem?.retryAfterSeconds == 1)
        #expect(problem?.rateLimit == Problem.RateLimit(policy: "writes", quota: 2, windowSeconds: 2))
        try limiter.spend(Cast.vasya.deviceId, at: start + .seconds(1))
    }

    @Test func `What costs more than is left is refused with the time after which it is accepted`() throws {
        let limiter = RateLimiter<UserID>("bytes", perSecond: 100, burst: 1000)
        let user = Cast.vasya.userId
        try limiter.spend(user, cost: 800, at: start)
        let problem = #expect(throws: Problem.self) { try limiter.spend(user, cost: 500, at: start) }
        #expect(problem?.code == .rateLimited && problem?.retryAfterSeconds == 3)
        try limiter.spend(user, cost: 200, at: start)
        try limiter.spend(Cast.petya.userId, cost: 1000, at: start)
        #expect(throws: Problem.self) { try limiter.spend(user, cost: 500, at: start + .milliseconds(4900)) }
        try limiter.spend(user, cost: 500, at: start + .seconds(5))
    }

    @Test func `What costs more than the whole budget is accepted when nothing was spent, and paid for afterwards`()
        throws
    {
        let limiter = RateLimiter<UserID>("bytes", perSecond: 100, burst: 1000)
        let user = Cast.vasya.userId
        try limiter.spend(user, cost: 3000, at: start)
        let problem = #expect(throws: Problem.self) { try limiter.spend(user, cost: 1, at: start) }
        #expect(problem?.retryAfterSeconds == 21)
        try limiter.spend(user, cost: 1, at: start + .seconds(21))
    }

    @Test func `A limit of less than one a second says how long to wait`() throws {
        let limiter = RateLimiter<DeviceID>("sign-ins", perSecond: 0.1, burst: 3)
        #expect(taken(9, by: limiter, of: Cast.vasya, at: start) == 3)
        let later = start + .seconds(4)
        let problem = #expect(throws: Problem.self) { try limiter.spend(Cast.vasya.deviceId, at: later) }
        #expect(problem?.retryAfterSeconds == 6)
        #expect(problem?.rateLimit == Problem.RateLimit(policy: "sign-ins", quota: 3, windowSeconds: 30))
    }

    @Test func `What is given back may be spent again, up to the size of the bucket`() {
        let limiter = RateLimiter<DeviceID>("tokens", perSecond: 10, burst: 100)
        for _ in 0..<1000 {
            #expect(taken(1, by: limiter, of: Cast.vasya, at: start) == 1)
            limiter.giveBack(Cast.vasya.deviceId)
        }
        limiter.giveBack(Cast.vasya.deviceId)
        #expect(taken(200, by: limiter, of: Cast.vasya, at: start) == 100)
    }

    /// Somebody with very many addresses must not use up the memory.
    @Test func `Only so many keys are limited at a time`() {
        let limiter = RateLimiter<Int>("addresses", perSecond: 0.01, burst: 1)
        for key in 0..<50_000 { #expect(limiter.takes(key, at: start)) }
        #expect(!limiter.takes(0, at: start))
        #expect(limiter.takes(50_000, at: start) && limiter.takes(50_000, at: start))
        let later = start + .seconds(100)
        #expect(limiter.takes(50_000, at: later) && !limiter.takes(50_000, at: later))
    }
}
