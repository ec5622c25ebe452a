import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// What a call's timeline has, and how much of it.
struct CallTimelineTests {
    /// A call whose timeline has no room left, and what it recorded.
    private func full() throws -> (DrivenCall, [String]) {
        var driven = try DrivenCall.active
        var recorded: [String] = []
        for _ in 0..<Limits.timelineEntries {
            recorded += try driven.perform(.quality, by: Cast.vasya).recorded
        }
        return (driven, recorded)
    }

    @Test func `A full timeline says that it was cut off, and takes no more`() throws {
        var (driven, recorded) = try full()
        #expect(driven.call.timelineCount == Limits.timelineEntries)
        #expect(recorded.last == "truncated" && recorded.dropLast().allSatisfy { $0 == "quality" })
        #expect(try driven.perform(.quality, by: Cast.petya).recorded == [])
    }

    @Test func `The end of a call is in its timeline, however full that is`() throws {
        var (driven, _) = try full()
        #expect(try driven.perform(.hangUp(.completed), by: Cast.petya).recorded == ["ended"])
        #expect(driven.call.timelineCount == Limits.timelineEntries + 1)
    }
}
