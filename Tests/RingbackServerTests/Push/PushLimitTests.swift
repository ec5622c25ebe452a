import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

struct PushLimitTests {
    @Test func `A user causes 30 pushes of a type at the devices of another at once, then one every 2 s`() {
        let time = ManualTime()
        let limit = PushLimit(time: time)
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        let cause = PushCause(caller: vasya, callee: petya, type: .incoming)
        #expect((1...31).filter { _ in limit.admits(cause) }.count == 30)
        // Nobody else pays for it, and the device still learns that a call was missed.
        #expect(limit.admits(PushCause(caller: vasya, callee: petya, type: .missed)))
        #expect(limit.admits(PushCause(caller: Cast.stranger.userId, callee: petya, type: .incoming)))
        #expect(limit.admits(PushCause(caller: vasya, callee: Cast.stranger.userId, type: .incoming)))
        time.advance(by: .seconds(2))
        #expect((1...2).filter { _ in limit.admits(cause) }.count == 1)
    }
}
