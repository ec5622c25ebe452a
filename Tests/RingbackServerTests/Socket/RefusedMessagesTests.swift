import RingbackModel
import Testing

@testable import RingbackServer

struct RefusedMessagesTests {
    private static let refused = Result<Int, any Error>.failure(Problem(.rateLimited, "Too many."))

    private func isTooMuch(_ result: Result<Int, any Error>, times: Int, bytes: Int) -> Bool {
        var messages = RefusedMessages()
        for _ in 0..<times { messages.note(result, bytes: bytes) }
        return messages.areTooMany
    }

    @Test func `A hundred refused messages or a mebibyte of them are too many`() {
        #expect(!isTooMuch(Self.refused, times: 99, bytes: 10))
        #expect(isTooMuch(Self.refused, times: 100, bytes: 10))
        #expect(!isTooMuch(Self.refused, times: 3, bytes: 256 * 1024))
        #expect(isTooMuch(Self.refused, times: 4, bytes: 256 * 1024))
    }

    @Test(arguments: [
        Result<Int, any Error>.success(200), .failure(Problem(.notFound, "")),
        .failure(Problem(.storageUnavailable, "")),
    ])
    func `No other answer counts`(result: Result<Int, any Error>) {
        #expect(!isTooMuch(result, times: 1000, bytes: 1 << 20))
    }

    @Test func `Each tick begins anew`() {
        var messages = RefusedMessages()
        for _ in 0..<100 { messages.note(Self.refused, bytes: 1) }
        let ticks = (0..<2).map { _ in messages.tick() }
        #expect(ticks == [true, false])
        #expect(!messages.areTooMany)
    }
}
