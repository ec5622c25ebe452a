import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// The recipients of events.
struct CallNoticeTests {
    private func all(_ type: EventType, but actors: Participant...) -> [String] {
        Cast.devices.filter { !actors.contains($0) }.map { "\(type.rawValue) \($0.deviceId)" }
    }

    @Test func `An invitation rings every device of the callee and none of the caller's`() {
        let (call, transition) = CallState.invite(
            Cast.invitation(), id: Cast.callID(), devices: [Cast.petya.deviceId], reception: .rings,
            at: ManualTime.start)
        #expect(transition.heard == all(.callIncoming, but: Cast.vasya, Cast.vasyaTablet))
        #expect(transition.recorded == ["invited"])
        #expect(call.state == .inviting)
        #expect(call.call.expiresAt == ManualTime.start + .seconds(60))
        #expect(call.call.legs == [CallLeg(deviceId: Cast.petya.deviceId, state: .invited)])
        #expect(call.call.participants == [])
    }

    @Test func `The first device that rings is announced to all others, the second to none`() throws {
        var driven = DrivenCall()
        #expect(try driven.perform(.alerting, by: Cast.petyaTablet).heard == all(.callRinging, but: Cast.petyaTablet))
        #expect(try driven.perform(.alerting, by: Cast.petya).heard == [])
        #expect(driven.call.call.legs.map(\.state) == [.alerting, .alerting])
        #expect(driven.call.call.ringingAt == driven.now)
    }

    @Test func `The accepting device is announced to all others, and the callee's other devices stop`() throws {
        var driven = DrivenCall()
        let transition = try driven.perform(.accept, by: Cast.petya)
        #expect(transition.heard == all(.callAccepted, but: Cast.petya) + ["call.stopped petya-tablet"])
        #expect(transition.notices.last?.content == .stopped(.acceptedElsewhere))
        let call = driven.call.call
        #expect(call.callee.deviceId == Cast.petya.deviceId)
        #expect(call.legs.map(\.state) == [.accepted, .stopped])
        #expect(call.legs.map(\.reason) == [nil, "accepted_elsewhere"])
        #expect(call.expiresAt == nil && call.acceptedAt == driven.now && call.merged == nil)
        #expect(call.participants.map(\.deviceId) == [Cast.vasya.deviceId, Cast.petya.deviceId])
    }

    @Test func `Simultaneous invitations are one call, accepted by the device that invited`() throws {
        var driven = DrivenCall()
        let transition = try driven.perform(.merge, by: Cast.petyaTablet)
        #expect(transition.heard == all(.callAccepted, but: Cast.petyaTablet) + ["call.stopped petya-phone"])
        #expect(transition.notices.last?.content == .stopped(.merged))
        #expect(driven.call.call.merged == true)
        #expect(driven.call.call.legs.map(\.reason) == ["merged", nil])
    }

    @Test func `With one device nothing else needs to stop`() throws {
        var (call, _) = CallState.invite(
            Cast.invitation(), id: Cast.callID(), devices: [Cast.petya.deviceId], reception: .rings,
            at: ManualTime.start)
        let transition = try call.apply(.accept, by: Cast.petya, at: ManualTime.start)
        #expect(transition.notices.map(\.type) == [.callAccepted])
    }

    @Test func `A device that was not listed joins the legs when it acts`() throws {
        var (call, _) = CallState.invite(
            Cast.invitation(), id: Cast.callID(), devices: [Cast.petya.deviceId], reception: .rings,
            at: ManualTime.start)
        _ = try call.apply(.alerting, by: Cast.petyaTablet, at: ManualTime.start)
        #expect(call.legs.map(\.device) == [Cast.petya.deviceId, Cast.petyaTablet.deviceId])
        #expect(call.state == .ringing)
    }

    @Test func `A decline stops every leg and carries the message`() throws {
        var driven = DrivenCall()
        let transition = try driven.perform(.decline(message: "in a meeting"), by: Cast.petya)
        #expect(transition.heard == ["call.stopped petya-tablet"] + all(.callEnded, but: Cast.petya))
        #expect(transition.notices.first?.content == .stopped(.declinedElsewhere))
        let call = driven.call.call
        #expect(call.reason == .declined && call.message == "in a meeting" && call.sipStatus == 603)
        #expect(call.endedBy == EndedBy(Cast.petya) && call.endedAt == driven.now)
        #expect(call.legs.map(\.reason) == ["declined", "declined_elsewhere"])
    }

    @Test func `A cancel is sent to all others and stops every leg`() throws {
        var driven = DrivenCall()
        #expect(try driven.perform(.cancel, by: Cast.vasya).heard == all(.callEnded, but: Cast.vasya))
        #expect(driven.call.call.reason == .canceled && driven.call.call.endedBy == EndedBy(Cast.vasya))
        #expect(driven.call.call.legs.map(\.reason) == ["canceled", "canceled"])
    }

    @Test(arguments: [EndReason.completed, .iceFailed, .mediaFailed, .unsupported], [Cast.vasya, Cast.petya])
    func `A hangup is sent to all others with its reason`(reason: EndReason, actor: Participant) throws {
        var driven = try DrivenCall.active
        driven.wait(.milliseconds(61_900))
        #expect(try driven.perform(.hangUp(reason), by: actor).heard == all(.callEnded, but: actor))
        let call = driven.call.call
        #expect(
            call.reason == reason && call.endedBy == EndedBy(actor) && call.talkSeconds == 61 && call.ringSeconds == 0)
        #expect(try driven.perform(.hangUp(.completed), by: Cast.vasya) == Transition())
        #expect(driven.call.call == call, "the first reason stays")
    }

    @Test func `Negotiation between the two devices is sent only to the other device`() throws {
        var driven = try DrivenCall.connecting
        let pairs = [(Cast.vasya, "petya-phone"), (Cast.petya, "vasya-phone")]
        for (actor, other) in pairs {
            #expect(
                try driven.perform(.candidates(count: 3, negotiation: nil), by: actor).heard == [
                    "call.candidates \(other)"
                ])
            #expect(try driven.perform(.media(Cast.json("{}")), by: actor).heard == ["call.media \(other)"])
            #expect(try driven.perform(.media(Cast.json("{}")), by: actor) == Transition(), "nothing new")
            #expect(try driven.perform(.quality, by: actor).heard == [])
        }
        #expect(
            try driven.perform(.offer(negotiation: nil, iceRestart: true), by: Cast.vasya).heard == [
                "call.offer petya-phone"
            ])
        #expect(try driven.perform(.answer(negotiation: nil), by: Cast.petya).heard == ["call.answer vasya-phone"])
        #expect(driven.signaling(lost: true, .caller).heard == ["call.participant petya-phone"])
        #expect(driven.signaling(lost: true, .callee).heard == ["call.participant vasya-phone"])
    }

    @Test func `An end by an administrator is sent to everyone, once`() throws {
        for var driven in [DrivenCall(), try DrivenCall.connecting, try DrivenCall.active] {
            #expect(driven.call.endByAdministrator(at: driven.now).heard == all(.callEnded))
            #expect(driven.call.call.reason == .admin && driven.call.call.endedBy == EndedBy(.administrator))
            let ended = driven.call
            #expect(driven.call.endByAdministrator(at: driven.now) == Transition())
            #expect(driven.call == ended)
        }
    }

    @Test func `With a busy callee, the callee has missed a call, and the caller learns it from the response`() {
        let (call, transition) = CallState.invite(
            Cast.invitation(), id: Cast.callID(), devices: [Cast.petya.deviceId], reception: .busy, at: ManualTime.start
        )
        #expect(transition.heard == all(.callEnded, but: Cast.vasya))
        #expect(call.state == .ended && call.call.reason == .busy && call.call.sipStatus == 486)
        #expect(call.call.endedBy == EndedBy(.policy))
        #expect(call.deadline(timing: CallTiming()) == nil)
    }
}
