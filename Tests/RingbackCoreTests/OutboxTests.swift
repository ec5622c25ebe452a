import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackCore

struct OutboxTests {
    @Test(arguments: [(1, 1), (2, 2), (5, 16), (12, 2048), (13, 3600), (1000, 3600)])
    func `The delay doubles up to an hour, and has jitter`(attempt: Int, seconds: Int) {
        #expect(RetrySchedule.delay(afterAttempt: attempt, jitter: 1) == .seconds(seconds))
        #expect(RetrySchedule.delay(afterAttempt: attempt, jitter: 0) == .milliseconds(seconds * 500))
    }

    @Test func `A lane that is down is tried with one message at a time`() {
        var health = LaneHealth()
        var now = ManualTime.monotonicStart
        for _ in 1..<LaneHealth.tolerated { health.failed(at: now) }
        #expect(health.width(at: now) == LaneHealth.width)
        for _ in 1...20 {
            health.failed(at: now)
            #expect(health.width(at: now) == 0)
            now = now + LaneHealth.longestPause
            #expect(health.width(at: now) == 1)
        }
    }

    @Test(arguments: ["https://fcm.googleapis.com", "https://a.notify.windows.com", "https://x.example.org:8443"])
    func `Each push service has a lane of its own`(origin: String) {
        let subscription = PushSubscription(
            device: Cast.petya.deviceId, endpoint: "\(origin)/push/1", publicKey: [], secret: [])
        #expect(subscription.lane == OutboxLane(rawValue: "push/\(origin)"))
    }

    @Test func `A lane has a kind and a name`() {
        let lane = OutboxLane(rawValue: "push/https://push.example.org:8443")
        #expect(lane.kind == "push" && lane.name == "https://push.example.org:8443")
        #expect(OutboxLane.webhook("crm").rawValue == "webhook/crm")
    }
}
