import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Deadlines, to the millisecond.
struct CallTimerTests {
    private let everyone = Cast.devices.map { "call.ended \($0.deviceId)" }

    /// Nothing happens before the deadline, and at it the call ends.
    private func expectEnd(
        _ reason: EndReason, after duration: Duration, _ driven: DrivenCall, location: SourceLocation = #_sourceLocation
    ) {
        var driven = driven
        #expect(driven.deadline == driven.now + duration, sourceLocation: location)
        let before = driven.call
        #expect(driven.wait(duration - .milliseconds(1)) == Transition(), sourceLocation: location)
        #expect(driven.call == before, sourceLocation: location)
        let transition = driven.wait(.milliseconds(1))
        #expect(transition.heard == everyone, sourceLocation: location)
        #expect(driven.call.call.reason == reason, sourceLocation: location)
        #expect(driven.call.call.endedAt == driven.now, sourceLocation: location)
        #expect(driven.call.call.endedBy == EndedBy(.timer), sourceLocation: location)
        #expect(driven.deadline == nil, sourceLocation: location)
        #expect(driven.wait(.seconds(3600)) == Transition(), sourceLocation: location)
    }

    /// It used to be 30 seconds, independently of the ring time.
    @Test(arguments: [10, 60, 180])
    func `Without a device that rings, the callee is unreachable after the ring time`(ringSeconds: Int) {
        expectEnd(.unreachable, after: .seconds(ringSeconds), DrivenCall(ringSeconds: ringSeconds))
    }

    @Test(arguments: [(10, 10), (30, 30), (31, 30), (180, 30)])
    func `A server may wait a shorter time for a device that rings`(ringSeconds: Int, expected: Int) {
        var driven = DrivenCall(ringSeconds: ringSeconds)
        driven.timing.unreachable = .seconds(30)
        expectEnd(.unreachable, after: .seconds(expected), driven)
    }

    @Test(arguments: [10, 60, 180])
    func `A device that rings rings for the ring time`(ringSeconds: Int) throws {
        var driven = DrivenCall(ringSeconds: ringSeconds)
        driven.wait(.seconds(5))
        try driven.perform(.alerting, by: Cast.petya)
        driven.wait(.milliseconds(500))
        let left = Duration.seconds(ringSeconds) - .milliseconds(5500)
        expectEnd(.noAnswer, after: left, driven)
        driven.wait(left)
        #expect(driven.call.call.ringSeconds == ringSeconds - 5)
        #expect(driven.call.call.talkSeconds == 0)
        #expect(driven.call.call.legs.map(\.reason) == ["no_answer", "no_answer"])
    }

    @Test func `An accepted call that does not connect ends after 30 seconds`() throws {
        expectEnd(.connectTimeout, after: .seconds(30), try .connecting)
    }

    @Test func `The ring time has no effect once the call is accepted`() throws {
        var driven = DrivenCall(ringSeconds: 10)
        driven.wait(.milliseconds(9999))
        try driven.perform(.accept, by: Cast.petya)
        expectEnd(.connectTimeout, after: .seconds(30), driven)
    }

    @Test func `An active call has no deadline`() throws {
        var driven = try DrivenCall.active
        #expect(driven.deadline == nil)
        #expect(driven.wait(.seconds(30 * 86_400)) == Transition())
        #expect(driven.call.state == .active)
    }

    @Test(arguments: CallState.Side.allCases)
    func `A participant without contact for 60 seconds has lost the connection`(side: CallState.Side) throws {
        var driven = try DrivenCall.active
        driven.signaling(lost: true, side)
        #expect(driven.call.call.participants.map(\.connection).contains(.reconnecting))
        expectEnd(.connectionLost, after: .seconds(60), driven)
    }

    @Test func `A participant that returns in time stays in the call`() throws {
        var driven = try DrivenCall.active
        driven.signaling(lost: true, .callee)
        driven.wait(.milliseconds(59_999))
        #expect(driven.signaling(lost: false, .callee).heard == ["call.participant vasya-phone"])
        #expect(driven.deadline == nil)
        driven.wait(.seconds(3600))
        #expect(driven.call.state == .active)
        #expect(driven.signaling(lost: false, .callee) == Transition(), "it was back already")
    }

    @Test func `The time counts from the loss, not from a repeated report`() throws {
        var driven = try DrivenCall.active
        driven.signaling(lost: true, .caller)
        driven.wait(.seconds(40))
        #expect(driven.signaling(lost: true, .caller) == Transition())
        expectEnd(.connectionLost, after: .seconds(20), driven)
    }

    @Test func `Losing a device of the callee while the call rings changes nothing`() throws {
        var driven = DrivenCall()
        try driven.perform(.alerting, by: Cast.petya)
        let before = driven.call
        #expect(driven.signaling(lost: true, .callee) == Transition())
        #expect(driven.call == before)
    }

    /// The phone used to ring on after the caller had disconnected.
    @Test(arguments: [false, true])
    func `A ringing call whose caller is lost is canceled after 15 seconds`(isAlerting: Bool) throws {
        var driven = DrivenCall()
        if isAlerting { try driven.perform(.alerting, by: Cast.petya) }
        driven.wait(.seconds(10))
        let lost = driven.signaling(lost: true, .caller)
        #expect(lost.heard == ["call.participant petya-phone", "call.participant petya-tablet"])
        #expect(driven.call.call.participants.map(\.connection) == [.reconnecting])
        #expect(driven.signaling(lost: true, .caller) == Transition(), "told once")
        expectEnd(.canceled, after: .seconds(15), driven)
    }

    @Test func `A call whose caller reconnects in time continues to ring`() throws {
        var driven = DrivenCall(ringSeconds: 60)
        try driven.perform(.alerting, by: Cast.petya)
        driven.signaling(lost: true, .caller)
        driven.wait(.milliseconds(14_999))
        let back = driven.signaling(lost: false, .caller)
        #expect(back.heard == ["call.participant petya-phone", "call.participant petya-tablet"])
        #expect(driven.call.call.participants == [])
        driven.wait(.seconds(30))
        expectEnd(.noAnswer, after: .milliseconds(15_001), driven)
    }

    @Test func `A ring time that ends before the grace period of a lost caller determines the reason`() throws {
        var driven = DrivenCall(ringSeconds: 10)
        try driven.perform(.alerting, by: Cast.petya)
        driven.signaling(lost: true, .caller)
        expectEnd(.noAnswer, after: .seconds(10), driven)
        driven.wait(.seconds(3600))
        #expect(driven.call.call.reason == .noAnswer, "also when both are over")
    }

    @Test func `A device that accepts while the caller is lost sees this and waits as usual`() throws {
        var driven = DrivenCall()
        driven.signaling(lost: true, .caller)
        driven.wait(.seconds(5))
        try driven.perform(.accept, by: Cast.petya)
        #expect(driven.call.call.participants.map(\.connection) == [.reconnecting, .online])
        expectEnd(.connectTimeout, after: .seconds(30), driven)
        #expect(driven.signaling(lost: false, .caller).heard == ["call.participant petya-phone"])
    }

    @Test func `An open negotiation expires after 30 seconds without an event`() throws {
        var driven = try DrivenCall.active
        try driven.perform(.offer(negotiation: nil, iceRestart: false), by: Cast.vasya)
        #expect(driven.deadline == driven.now + .seconds(30))
        driven.wait(.milliseconds(29_999))
        #expect(driven.call.openNegotiation != nil)
        let transition = driven.wait(.milliseconds(1))
        #expect(transition.heard == [] && transition.recorded == ["negotiation_lapsed"])
        #expect(driven.call.openNegotiation == nil && driven.call.state == .active && driven.deadline == nil)
        #expect(driven.refusal(of: .answer(negotiation: 1), by: Cast.petya) == .staleNegotiation(.active))
        try driven.perform(.offer(negotiation: 2, iceRestart: false), by: Cast.petya)
    }

    @Test func `The earliest of several deadlines counts`() throws {
        var driven = try DrivenCall.connecting
        driven.wait(.seconds(10))
        try driven.perform(.offer(negotiation: nil, iceRestart: false), by: Cast.vasya)
        driven.signaling(lost: true, .callee)
        #expect(driven.deadline == driven.now + .seconds(20), "the connection first")
        expectEnd(.connectTimeout, after: .seconds(20), driven)
    }

    @Test func `A late clock ends the call once, at the current time`() throws {
        var driven = DrivenCall()
        #expect(driven.wait(.seconds(3600)).heard == everyone)
        #expect(driven.call.call.endedAt == ManualTime.start + .seconds(3600))
        #expect(driven.call.call.ringSeconds == 3600)
    }
}
