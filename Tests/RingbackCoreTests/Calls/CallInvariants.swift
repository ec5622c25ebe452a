import RingbackCore
import RingbackModel
import RingbackTesting

/// Checks the invariants of a call after each step.
struct CallInvariants {
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    private let seed: UInt64
    private let timing: CallTiming
    private var winner: DeviceID?
    private var lastSeq: Int
    private var lastEntry: Int
    private var step = 0

    init(seed: UInt64, call: CallState, timing: CallTiming) {
        self.seed = seed
        self.timing = timing
        lastSeq = call.eventCount
        lastEntry = call.timelineCount
    }

    func expect(_ condition: @autoclosure () -> Bool, _ rule: @autoclosure () -> String) throws {
        guard !condition() else { return }
        throw Violation(description: "seed \(seed), step \(step): \(rule())")
    }

    /// - Parameter actor: The sender of the command; `nil` without a command.
    mutating func see(
        _ transition: Transition, from before: CallState, to after: CallState, by actor: Participant?
    ) throws {
        step += 1
        try seeNumbers(transition, after)
        try seeState(transition, from: before, to: after, by: actor)
        try seeGate(transition, from: before, to: after, by: actor)
        try seeNegotiation(transition, from: before, to: after)
        try seeShape(after)
    }

    private mutating func seeNumbers(_ transition: Transition, _ after: CallState) throws {
        for notice in transition.notices {
            let isNext = after.isConcealed ? notice.callSeq > lastSeq : notice.callSeq == lastSeq + 1
            try expect(isNext, "callSeq \(notice.callSeq) follows \(lastSeq)")
            lastSeq = notice.callSeq
        }
        try expect(after.isConcealed || after.eventCount == lastSeq, "every event is counted")
        for entry in transition.timeline {
            lastEntry += 1
            try expect(entry.seq == lastEntry, "the timeline has no gap")
        }
        try expect(after.timelineCount == lastEntry, "every entry is counted")
    }

    // MARK: Transitions

    private static let announcements: [Call.State: EventType] = [
        .ringing: .callRinging, .connecting: .callAccepted, .active: .callActive, .ended: .callEnded,
    ]

    private static let order: [Call.State: Int] = [.inviting: 0, .ringing: 1, .connecting: 2, .active: 3, .ended: 4]

    private func seeState(
        _ transition: Transition, from before: CallState, to after: CallState, by actor: Participant?
    ) throws {
        let states = transition.notices.filter { Self.announcements.values.contains($0.type) }
        guard before.state != after.state else {
            try expect(states.isEmpty, "nothing is announced that did not happen")
            if before.state == .ended {
                var same = before
                same.timelineCount = after.timelineCount
                try expect(after == same && transition.notices.isEmpty, "an ended call never changes")
            }
            return
        }
        let (from, to) = (Self.order[before.state] ?? 0, Self.order[after.state] ?? 0)
        try expect(from < to && (to - from == 1 || to != 3), "\(before.state) may not become \(after.state)")
        try expect(states.count == 1 && states[0].type == Self.announcements[after.state], "a change is told once")
        // A device that reports `connected` gets the call as its response; a device that sends the answer does not.
        let teller = transition.notices.contains { $0.type == .callAnswer } ? nil : actor
        let audiences = CallState.Side.allCases.map { side in
            let user = after.user(of: side)
            return Transition.Audience(user: user, except: teller?.userId == user ? teller?.deviceId : nil)
        }
        let told = after.isConcealed ? Array(audiences.prefix(1)) : audiences
        try expect(states[0].audiences == told, "every device of both users hears of it but the one that did it")
        try expect(states[0].actor == actor, "the actor is who did it")
    }

    // MARK: The gate

    private mutating func seeGate(
        _ transition: Transition, from before: CallState, to after: CallState, by actor: Participant?
    ) throws {
        for notice in transition.notices {
            try expect(
                !after.isConcealed || notice.audiences.allSatisfy { $0.user != after.callee }, "a block is never told")
            try expect(!notice.audiences.isEmpty, "an event has someone to hear it")
            if let actor, notice.type != .callActive {
                try expect(!notice.isHeard(by: actor), "nobody hears its own writes")
            }
            switch notice.type {
            case .callParticipant where !before.isUnderWay:
                try expect(before.isLive, "\(notice.type) after the end")
                try expect(notice.actor == before.caller, "while it rings only the caller can be lost")
                try expect(notice.audiences == [.init(user: before.callee)], "all of the callee's devices are told")
            case .callOffer, .callAnswer, .callCandidates, .callMedia, .callParticipant:
                try expect(before.isUnderWay, "\(notice.type) before accept, or after the end")
                let sender = notice.actor.flatMap { before.side(of: $0) }
                let receiver = sender.map { side in
                    Transition.Audience(user: before.user(of: side.other), only: before.device(of: side.other))
                }
                try expect(receiver != nil && notice.audiences == [receiver], "from one participant to the other alone")
                try expect(receiver?.only != nil, "there is another participant")
            default: break
            }
        }
        if let winner {
            try expect(after.calleeDevice == winner, "there is one winner, for ever")
        } else if let device = after.calleeDevice {
            try expect(before.state == .inviting || before.state == .ringing, "only a call that rings is won")
            try expect(
                actor == Participant(userId: after.callee, deviceId: device) && after.state == .connecting,
                "a device wins by its own accept")
            winner = device
        }
    }

    // MARK: Negotiations

    private func seeNegotiation(_ transition: Transition, from before: CallState, to after: CallState) throws {
        let offers = transition.notices.count { $0.type == .callOffer }
        try expect(
            after.negotiation == before.negotiation + offers && offers <= 1, "negotiations are numbered one by one")
        if let open = after.openNegotiation {
            try expect(open.number == after.negotiation && after.isUnderWay, "only the newest negotiation is open")
        }
        if transition.notices.contains(where: { $0.type == .callAnswer }) {
            try expect(
                before.openNegotiation != nil && after.openNegotiation == nil, "an answer closes an open negotiation")
        }
        if offers == 1, let open = before.openNegotiation {
            try expect(
                open.offerer == .callee && after.openNegotiation?.offerer == .caller,
                "only the caller's offer supersedes")
        }
    }

    mutating func see(_ command: CallCommand, by actor: Participant, from before: CallState, to after: CallState) throws
    {
        let side = after.side(of: actor.userId)
        try expect(side != nil, "a stranger's command was taken")
        switch command {
        case .offer, .answer, .candidates, .media, .hangUp, .connected, .quality:
            try expect(after.side(of: actor) != nil, "\(command) of a device that does not take part was taken")
            try expect(after.acceptedAt != nil, "\(command) before accept was taken")
        case .alerting, .accept, .merge, .decline: try expect(side == .callee, "\(command) of the caller was taken")
        case .cancel: try expect(actor == after.caller, "a cancel of another than the caller was taken")
        }
        var again = after
        let isIdempotent: Bool =
            switch command {
            case .offer, .answer, .candidates, .quality: false
            default: true
            }
        guard isIdempotent else { return }
        let transition = try? again.apply(command, by: actor, at: ManualTime.start)
        try expect(transition == Transition() && again == after, "\(command) again is taken and does nothing")
    }

    // MARK: At any time

    private func seeShape(_ state: CallState) throws {
        let isEnded = state.state == .ended
        let isWaiting = state.state == .inviting || state.state == .ringing
        try expect((state.ending != nil) == isEnded, "what has ended has an ending")
        try expect((state.calleeDevice == nil) == (state.acceptedAt == nil), "accepted by a device, at a time")
        try expect(isWaiting ? state.calleeDevice == nil : isEnded || state.calleeDevice != nil, "the winner's time")
        try expect((state.activeAt != nil) == (state.state == .active) || isEnded, "active since a time")
        try expect(
            state.legs.count { $0.state == .accepted } == (state.calleeDevice == nil ? 0 : 1), "one leg is accepted")
        try expect(
            isWaiting || !state.legs.contains { $0.state == .invited || $0.state == .alerting }, "no leg rings for ever"
        )
        try expect(state.legs.allSatisfy { ($0.state == .stopped) == ($0.reason != nil) }, "a leg stops for a reason")
        let deadline = state.deadline(timing: timing)
        try expect(!isEnded || deadline == nil, "nothing is due in an ended call")
        try expect(isEnded || state.state == .active || deadline != nil, "a call that must not last has a deadline")
        let call = state.call
        try expect((call.endedAt != nil) == isEnded && (call.endedBy != nil) == isEnded, "who ended it, and when")
        try expect((call.reason != nil) == isEnded && (call.sipStatus != nil) == isEnded, "why it ended")
        try expect((call.talkSeconds != nil) == isEnded && (call.ringSeconds ?? 0) >= 0, "how long it was")
        try expect((call.expiresAt != nil) == isWaiting, "it expires while it rings")
        let isCallerLost = isWaiting && state.callerSide.reconnectingSince != nil
        try expect(
            call.participants.count == (state.calleeDevice == nil ? isCallerLost ? 1 : 0 : 2),
            "two take part, or nobody, but for a caller who is lost")
    }
}
