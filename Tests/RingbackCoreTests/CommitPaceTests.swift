import Testing

@testable import RingbackCore

/// When the next commit begins.
struct CommitPaceTests {
    private let start = ContinuousClock.now
    private let interval: Duration = .milliseconds(1)

    @Test func `The first commit begins at once`() {
        #expect(CommitPace(interval: interval).delay(at: start, jobs: 1) == .zero)
    }

    @Test(arguments: [(0, 1000), (300, 700), (999, 1), (1000, 0), (5000, 0)])
    func `The next commit begins a millisecond after the previous one, or at once if that has passed`(
        passed: Int, delay: Int
    ) {
        var pace = CommitPace(interval: interval)
        pace.began(at: start)
        #expect(pace.delay(at: start + .microseconds(passed), jobs: 1) == .microseconds(delay))
    }

    @Test func `With many jobs, a commit begins immediately`() {
        var pace = CommitPace(interval: interval)
        pace.began(at: start)
        #expect(pace.delay(at: start, jobs: CommitPace.enough - 1) == interval)
        #expect(pace.delay(at: start, jobs: CommitPace.enough) == .zero)
    }
}
