import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Calls of blocked users.
struct ConcealedCallTests {
    @Test func `The callee receives nothing, whatever happens`() throws {
        let ends: [(inout DrivenCall) throws -> Transition] = [
            { try $0.perform(.cancel, by: Cast.vasya) },
            { $0.wait(.seconds(60)) },
            { driven in
                let lost = driven.signaling(lost: true, .caller)
                #expect(lost.notices == [])
                return driven.wait(.seconds(15))
            },
            { driven in driven.call.endByAdministrator(at: driven.now) },
        ]
        for end in ends {
            var driven = DrivenCall(reception: .concealed)
            #expect(try end(&driven).notices.allSatisfy { $0.audiences.allSatisfy { $0.user == Cast.vasya.userId } })
            #expect(driven.call.state == .ended)
        }
        let (_, transition) = CallState.invite(
            Cast.invitation(), id: Cast.callID(), devices: [Cast.petya.deviceId], reception: .concealed,
            at: ManualTime.start)
        #expect(transition.notices == [])
    }

    @Test func `For the caller it is the same as a call to a user who is offline`() {
        var concealed = DrivenCall(reception: .concealed)
        var unheard = DrivenCall()
        #expect(concealed.call.call == unheard.call.call)
        let (one, other) = (concealed.wait(.seconds(60)), unheard.wait(.seconds(60)))
        #expect(concealed.call.call == unheard.call.call)
        #expect(concealed.call.call.reason == .unreachable)
        #expect(one.timeline == other.timeline)
        #expect(one.heard == other.heard.filter { $0.hasSuffix("vasya-phone") || $0.hasSuffix("vasya-tablet") })
        #expect(one.notices.map(\.callSeq) == other.notices.map(\.callSeq), "the numbers would tell")
    }

    @Test func `The callee has no side of the call`() {
        let driven = DrivenCall(reception: .concealed)
        #expect(driven.call.side(of: Cast.petya.userId) == nil)
        #expect(driven.call.side(of: Cast.vasya.userId) == .caller)
    }
}
