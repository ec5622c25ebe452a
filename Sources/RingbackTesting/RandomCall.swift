package import RingbackCore
package import RingbackModel

/// A call driven at random by two users with two devices each, another user, an administrator and the time.
package struct RandomCall: Sendable {
    package enum Action: Sendable, Hashable {
        case command(CallCommand, by: Participant)
        case signaling(isLost: Bool, CallState.Side)
        case administrator
    }

    /// One step: the clock advances, the effects of time are applied, then the action.
    package struct Step: Sendable {
        package let action: Action
        package let now: Timestamp
        package let before: CallState
        package let timely: Transition
        package let between: CallState
        /// `nil` if the command was refused.
        package let transition: Transition?
        package let after: CallState
    }

    package private(set) var call: CallState
    package private(set) var now: Timestamp
    package let timing: CallTiming
    private var generator: SeededGenerator

    private static let media = [Cast.json(#"{"held":false}"#), Cast.json(#"{"held":true}"#)]
    private static let actors = Cast.devices + Cast.devices + Cast.devices + [Cast.stranger]

    package init(seed: UInt64, id: CallID = Cast.callID()) {
        var generator = SeededGenerator(seed: seed)
        now = ManualTime.start
        var timing = CallTiming()
        if !generator.oneIn(4) { timing.unreachable = .seconds(30) }
        let reception: CallState.Reception = generator.oneIn(10) ? .concealed : generator.oneIn(50) ? .busy : .rings
        call = Cast.invitedCall(id: id, reception: reception, ringSeconds: 10 + generator.number(below: 171), at: now)
        self.timing = timing
        self.generator = generator
    }

    /// The call as it is reported to its parties.
    package var view: Call { call.call }

    @discardableResult
    package mutating func step() -> Step {
        let wait = generator.oneIn(8) ? generator.number(below: 70_000) : generator.number(below: 2000)
        now = now + .milliseconds(wait)
        let before = call
        let timely = call.advance(to: now, timing: timing)
        let between = call
        let action = randomAction()
        let transition: Transition? =
            switch action {
            case .command(let command, let actor): try? call.apply(command, by: actor, at: now)
            case .signaling(let isLost, let side): call.setReconnecting(isLost, side, at: now)
            case .administrator: call.endByAdministrator(at: now)
            }
        return Step(
            action: action, now: now, before: before, timely: timely, between: between, transition: transition,
            after: call)
    }

    /// Advances the time without any other action.
    package mutating func wait(_ duration: Duration) -> Transition {
        now = now + duration
        return call.advance(to: now, timing: timing)
    }

    private mutating func randomAction() -> Action {
        if generator.oneIn(12) {
            return .signaling(isLost: generator.oneIn(2), generator.oneIn(2) ? .caller : .callee)
        }
        if generator.oneIn(200) { return .administrator }
        return .command(randomCommand(), by: generator.element(of: Self.actors))
    }

    private mutating func randomCommand() -> CallCommand {
        switch generator.number(below: 40) {
        case 0..<5: .alerting
        case 5..<10: .accept
        case 10: .merge
        case 11: .decline(message: generator.oneIn(2) ? "not now" : nil)
        case 12: .cancel
        case 13..<18: .connected
        case 18: .hangUp(generator.element(of: [.completed, .iceFailed, .mediaFailed, .unsupported]))
        case 19..<25: .offer(negotiation: randomNumber(), iceRestart: generator.oneIn(4))
        case 25..<31: .answer(negotiation: randomNumber())
        case 31..<35: .candidates(count: 1 + generator.number(below: 64), negotiation: randomNumber())
        case 35..<38: .media(generator.element(of: Self.media))
        default: .quality
        }
    }

    private mutating func randomNumber() -> Int? {
        generator.oneIn(3) ? call.negotiation + generator.number(below: 4) - 1 : nil
    }
}
