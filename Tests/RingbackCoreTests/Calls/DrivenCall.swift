import RingbackCore
import RingbackModel
import RingbackTesting

/// A call between Vasya and Petya with a clock of its own, driven command by command.
struct DrivenCall {
    var call: CallState
    var now = ManualTime.start
    var timing = CallTiming()

    init(reception: CallState.Reception = .rings, ringSeconds: Int = 60) {
        call = Cast.invitedCall(reception: reception, ringSeconds: ringSeconds)
    }

    /// A call that Petya's phone has accepted.
    static var connecting: DrivenCall {
        get throws {
            var driven = DrivenCall()
            try driven.perform(.accept, by: Cast.petya)
            return driven
        }
    }

    static var active: DrivenCall {
        get throws {
            var driven = try connecting
            try driven.perform(.connected, by: Cast.vasya)
            try driven.perform(.connected, by: Cast.petya)
            return driven
        }
    }

    @discardableResult
    mutating func perform(_ command: CallCommand, by actor: Participant) throws(CallRefusal) -> Transition {
        try call.apply(command, by: actor, at: now)
    }

    @discardableResult
    mutating func wait(_ duration: Duration) -> Transition {
        now = now + duration
        return call.advance(to: now, timing: timing)
    }

    @discardableResult
    mutating func signaling(lost isLost: Bool, _ side: CallState.Side) -> Transition {
        call.setReconnecting(isLost, side, at: now)
    }

    var deadline: Timestamp? { call.deadline(timing: timing) }

    func refusal(of command: CallCommand, by actor: Participant) -> CallRefusal? {
        var copy = call
        do {
            _ = try copy.apply(command, by: actor, at: now)
            return nil
        } catch {
            return error
        }
    }
}

extension Transition {
    /// Each event and the device that hears it, in order: `"call.ringing vasya-phone"`.
    var heard: [String] {
        notices.flatMap { notice in
            Cast.devices.filter(notice.isHeard).map { "\(notice.type.rawValue) \($0.deviceId)" }
        }
    }

    var recorded: [String] { timeline.map(\.what) }
}

extension Transition.Notice {
    func isHeard(by device: Participant) -> Bool {
        audiences.contains { audience in
            audience.user == device.userId && audience.except != device.deviceId
                && (audience.only == nil || audience.only == device.deviceId)
        }
    }
}
