import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// The contents and the bound of a call's timeline.
struct CallTimelineTests {
    /// A call with a full timeline, and its entries.
    private func full() throws -> (DrivenCall, [String]) {
        var driven = try DrivenCall.active
        var recorded: [String] = []
        for _ in 0..<Limits.timelineEntries {
            recorded += try driven.perform(.quality, by: Cast.vasya).recorded
        }
        return (driven, recorded)
    }

    @Test func `A full timeline says that it is truncated, and takes no more entries`() throws {
        var (driven, recorded) = try full()
        #expect(driven.call.timelineCount == Limits.timelineEntries)
        #expect(recorded.last == "truncated" && recorded.dropLast().allSatisfy { $0 == "quality" })
        #expect(try driven.perform(.quality, by: Cast.petya).recorded == [])
    }

    @Test func `The end of a call is in its timeline even if that is full`() throws {
        var (driven, _) = try full()
        #expect(try driven.perform(.hangUp(.completed), by: Cast.petya).recorded == ["ended"])
        #expect(driven.call.timelineCount == Limits.timelineEntries + 1)
    }
}
