import NIOCore
import RingbackModel
import Testing

@testable import RingbackServer

/// What tokens that nobody has cost.
struct GuessBudgetTests {
    private let budget = GuessBudget()
    private let start = NIODeadline.now()

    /// How many of `count` are allowed.
    private func spend(_ count: Int, _ address: String?, after seconds: Int64 = 0) -> Int {
        (0..<count).count { _ in
            (try? budget.spend(address.flatMap { IPAddress($0) }, at: start + .seconds(seconds))) != nil
        }
    }

    @Test func `A hundred at once, and ten a second`() {
        #expect(spend(200, "192.0.2.1") == 100)
        #expect(spend(200, "192.0.2.2") == 100)
        #expect(spend(200, "192.0.2.1", after: 1) == 10)
        #expect(spend(200, "192.0.2.1", after: 60) == 100)
    }

    @Test func `The addresses of a subscriber of IPv6 are one`() {
        #expect(spend(60, "2001:db8::1") + spend(60, "2001:db8::2") == 100)
        #expect(spend(60, "2001:db8:0:1::1") == 60)
    }

    @Test func `A good token costs nothing`() {
        for _ in 0..<1000 {
            #expect(spend(1, "192.0.2.1") == 1)
            budget.giveBack(IPAddress("192.0.2.1"))
        }
        #expect(spend(200, "192.0.2.1") == 100)
    }

    @Test func `Who guesses too often is told the limit`() {
        _ = spend(100, "192.0.2.1")
        let problem = #expect(throws: Problem.self) { try budget.spend(IPAddress("192.0.2.1"), at: start) }
        #expect(problem?.retryAfterSeconds == 1)
        #expect(problem?.rateLimit == Problem.RateLimit(policy: "address-tokens", quota: 100, windowSeconds: 10))
    }

    @Test func `Who can't be told apart may guess`() { #expect(spend(1000, nil) == 1000) }
}
