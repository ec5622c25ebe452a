import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

/// The rate limit of a device's writes.
struct RateLimiterTests {
    private let start = ManualTime.monotonicStart

    /// How many of `count` writes at once are taken.
    private func taken(_ count: Int, by limiter: RateLimiter<DeviceID>, of device: Participant, at now: MonotonicTime)
        -> Int
    {
        (0..<count).count { _ in (try? limiter.spend(device.deviceId, at: now)) != nil }
    }

    @Test func `Twice the average is taken at once, then the average`() {
        let limiter = RateLimiter<DeviceID>(perSecond: 10)
        #expect(taken(100, by: limiter, of: Cast.vasya, at: start) == 20)
        #expect(taken(100, by: limiter, of: Cast.petya, at: start) == 20, "each device has its own")
        #expect(taken(100, by: limiter, of: Cast.vasya, at: start + .milliseconds(500)) == 5)
        #expect(taken(100, by: limiter, of: Cast.vasya, at: start + .seconds(3600)) == 20)
    }

    @Test func `What is refused may be sent again after a second`() throws {
        let limiter = RateLimiter<DeviceID>(perSecond: 1)
        _ = taken(2, by: limiter, of: Cast.vasya, at: start)
        let problem = #expect(throws: Problem.self) { try limiter.spend(Cast.vasya.deviceId, at: start) }
        #expect(problem?.code == .rateLimited && problem?.retryAfterSeconds == 1)
        try limiter.spend(Cast.vasya.deviceId, at: start + .seconds(1))
    }
}
