import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Tens of thousands of random calls, checked against the invariants.
struct RandomDrivingTests {
    private static let callsPerLane: UInt64 = 3750
    private static let stepsPerCall = 25

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `A call keeps its invariants whatever users, time and network do`(lane: UInt64) throws {
        for seed in lane * Self.callsPerLane..<(lane + 1) * Self.callsPerLane { try drive(seed: seed) }
    }

    @Test func `Random driving reaches every state and every reason`() {
        var states: Set<Call.State> = []
        var reasons: Set<EndReason> = []
        var notices: Set<EventType> = []
        for seed in 0..<3000 as Range<UInt64> {
            var random = RandomCall(seed: seed)
            for _ in 0..<Self.stepsPerCall {
                let step = random.step()
                states.insert(step.after.state)
                notices.formUnion((step.timely.notices + (step.transition?.notices ?? [])).map(\.type))
            }
            if let reason = random.call.ending?.reason { reasons.insert(reason) }
        }
        #expect(states == Set(Call.State.allCases))
        #expect(reasons == Set(EndReason.allCases))
        #expect(notices == Set(EventType.allCases).subtracting([.presence, .callIncoming, .callSeen]))
    }

    private func drive(seed: UInt64) throws {
        var random = RandomCall(seed: seed)
        var invariants = CallInvariants(seed: seed, call: random.call, timing: random.timing)
        for _ in 0..<Self.stepsPerCall {
            let step = random.step()
            try invariants.see(step.timely, from: step.before, to: step.between, by: nil)
            guard let transition = step.transition else {
                try invariants.expect(step.after == step.between, "a refused command changes nothing")
                continue
            }
            if case .command(let command, let actor) = step.action {
                try invariants.see(transition, from: step.between, to: step.after, by: actor)
                try invariants.see(command, by: actor, from: step.between, to: step.after)
            } else {
                try invariants.see(transition, from: step.between, to: step.after, by: nil)
            }
        }
        try letTimePass(&random, &invariants)
    }

    /// Without commands, every call ends unless it is active with both sides online.
    private func letTimePass(_ random: inout RandomCall, _ invariants: inout CallInvariants) throws {
        for _ in 0..<4 {
            let before = random.call
            guard let deadline = before.deadline(timing: random.timing) else { break }
            let transition = random.wait(max(.zero, deadline - random.now))
            try invariants.expect(random.call != before, "a deadline that has come changes something")
            try invariants.see(transition, from: before, to: random.call, by: nil)
        }
        let call = random.call
        let isSettled =
            call.state == .ended
            || call.state == .active && call.openNegotiation == nil && call.callerSide.reconnectingSince == nil
                && call.calleeSide.reconnectingSince == nil
        try invariants.expect(isSettled, "what time alone ends has ended")
        try invariants.expect(call.deadline(timing: random.timing) == nil, "nothing more is due")
    }
}
