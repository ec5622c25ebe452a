import RingbackCore
import RingbackModel
import Testing

@testable import RingbackServer

struct RefusedMessagesTests {
    private static let start = MonotonicTime(milliseconds: 0)

    private func messages(_ status: Int, times: Int, bytes: Int) -> RefusedMessages {
        var messages = RefusedMessages()
        for _ in 0..<times { messages.note(status: status, bytes: bytes) { Self.start + .milliseconds(500) } }
        return messages
    }

    @Test func `A hundred refused messages or half a mebibyte of them pause the connection`() {
        #expect(!messages(429, times: 99, bytes: 10).isPaused)
        #expect(messages(429, times: 100, bytes: 10).isPaused)
        #expect(!messages(429, times: 1, bytes: 256 * 1024).isPaused)
        #expect(messages(429, times: 2, bytes: 256 * 1024).isPaused)
    }

    @Test func `What arrives of a refused message after its answer counts, too`() {
        var messages = messages(429, times: 1, bytes: 1024)
        messages.note(bytes: 510 * 1024) { Self.start }
        #expect(!messages.isPaused)
        messages.note(bytes: 1024) { Self.start }
        #expect(messages.isPaused)
    }

    @Test(arguments: [200, 404, 503])
    func `No other answer counts`(status: Int) {
        #expect(!messages(status, times: 1000, bytes: 1 << 20).isPaused)
    }

    @Test func `Each tick begins anew`() {
        var messages = messages(429, times: 99, bytes: 1)
        let hasPauseEnded = messages.tick(at: Self.start)
        #expect(!hasPauseEnded)
        messages.note(status: 429, bytes: 1) { Self.start }
        #expect(!messages.isPaused)
    }

    @Test func `A pause lasts until its end`() {
        var messages = messages(429, times: 100, bytes: 1)
        let ended = [499, 500, 501].map { messages.tick(at: Self.start + .milliseconds($0)) }
        #expect(ended == [false, true, false])
        #expect(!messages.isPaused)
    }

    @Test func `The more connections of a user are paused the longer each is`() throws {
        let (pauses, user) = (RefusalPauses(), RefusalPauses.Sender.user(try #require(UserID("vasya"))))
        let ends = (0..<20).map { _ in pauses.begin(user, at: Self.start) - Self.start }
        #expect(ends.prefix(3) == [.milliseconds(500), .milliseconds(1000), .milliseconds(1500)])
        #expect(ends.last == RefusalPauses.longest)
        // Further ones do not end all at the same moment, and none ends later.
        let further = (0..<100).map { _ in pauses.begin(user, at: Self.start) - Self.start }
        #expect(Dictionary(grouping: further) { $0 }.values.map(\.count) == Array(repeating: 10, count: 10))
        #expect(further.allSatisfy { $0 > RefusalPauses.longest / 2 && $0 <= RefusalPauses.longest })
        // Others are not concerned, and the user's own pauses end.
        #expect(
            try pauses.begin(.user(#require(UserID("petya"))), at: Self.start) - Self.start
                == RefusalPauses.perConnection)
        let later = Self.start + .seconds(11)
        #expect(pauses.begin(user, at: later) - later == RefusalPauses.perConnection)
    }
}
