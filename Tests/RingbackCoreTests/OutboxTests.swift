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
        let resource = WebPushResource(endpoint: "\(origin)/push/1", publicKey: [], secret: [])
        let subscription = PushSubscription(device: Cast.petya.deviceId, .browser(resource))
        #expect(subscription.lane == OutboxLane(rawValue: "push/\(origin)"))
    }

    @Test func `A lane pauses for as long as the other side asks`() {
        var health = LaneHealth()
        let now = ManualTime.monotonicStart
        health.failed(at: now, retryAfter: .seconds(60))
        // What was sent at the same time fails, too.
        health.failed(at: now)
        #expect(health.width(at: now + .seconds(59)) == 0)
        #expect(health.width(at: now + .seconds(60)) == 1)
        health.failed(at: now, retryAfter: .seconds(86_400))
        #expect(health.width(at: now + LaneHealth.longestAskedPause) == 1)
    }

    @Test func `A response to an earlier request does not end the pause that was asked for`() {
        var health = LaneHealth()
        let now = ManualTime.monotonicStart
        health.failed(at: now, retryAfter: .seconds(60))
        health.responded()
        #expect(health.width(at: now + .seconds(59)) == 0)
        #expect(!health.isWell(at: now + .seconds(59)))
        #expect(health.width(at: now + .seconds(60)) == LaneHealth.width)
    }

    @Test func `A response ends a pause after failures`() {
        var health = LaneHealth()
        let now = ManualTime.monotonicStart
        for _ in 1...LaneHealth.tolerated { health.failed(at: now) }
        #expect(health.width(at: now) == 0)
        health.responded()
        #expect(health.isWell(at: now))
    }

    @Test(arguments: [
        (AppPushService.apns, "0a1B", true), (.apns, "0a1", false), (.apns, "0g", false), (.apns, "../", false),
        (.fcm, "dQw4:APA91b-_.", true), (.fcm, "a/b", false), (.fcm, "a\"b", false),
    ])
    func `A device token has the alphabet of its service`(service: AppPushService, token: String, isAccepted: Bool) {
        #expect(service.accepts(token) == isAccepted)
    }

    @Test func `A lane has a kind and a name`() {
        let lane = OutboxLane(rawValue: "push/https://push.example.org:8443")
        #expect(lane.kind == "push" && lane.name == "https://push.example.org:8443")
        #expect(OutboxLane.webhook("crm").rawValue == "webhook/crm")
    }
}
