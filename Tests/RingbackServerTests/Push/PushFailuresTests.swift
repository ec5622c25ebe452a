import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

struct PushFailuresTests {
    private let device = Cast.petya.deviceId
    private let start = ManualTime.monotonicStart

    @Test func `A subscription that has failed for a day is removed`() {
        let failures = PushFailures()
        for _ in 0..<100 { #expect(!failures.failed(device, at: start)) }
        #expect(failures.failed(device, at: start + PushFailures.time))
    }

    @Test func `A success ends a row of failures, and few are not enough`() {
        let failures = PushFailures()
        for _ in 0..<100 { #expect(!failures.failed(device, at: start)) }
        #expect(!failures.serviceHasDelivered)
        failures.succeeded(device)
        #expect(failures.serviceHasDelivered)
        for second in 1..<PushFailures.maximum {
            #expect(!failures.failed(device, at: start + .seconds(100_000 * second)))
        }
    }
}
