package import RingbackModel

extension CallService {
    /// Ends what is overdue, lets lapse what has lapsed. To be called when ``nextDeadline()`` has come, and at the start.
    package func expire() async throws {
        let batch = 256
        while true {
            let due = try await store.write { [time, timing] store in
                let due = try store.dueCalls(at: time.now, limit: batch)
                for id in due {
                    guard let call = try store.call(id) else { continue }
                    var unit = CallUnit(store: store, call: call, now: time.now, timing: timing)
                    try unit.advance()
                    // A store that was opened again only knows that it is live: it would be due for ever.
                    if unit.call == call { try store.hold(call, deadline: call.deadline(timing: timing)) }
                }
                return due.count
            }
            if due < batch { return }
        }
    }

    package func nextDeadline() async throws -> Timestamp? { try await store.read { try $0.nextDeadline() } }

    /// Notes that the signaling of a device is lost or back, in the calls it takes part in.
    package func setReconnecting(_ isReconnecting: Bool, _ participant: Participant, in calls: Set<CallID>) async throws
    {
        for id in calls {
            try await store.write { [time, timing] store in
                guard let call = try store.call(id), let side = call.side(of: participant) else { return }
                var unit = CallUnit(store: store, call: call, now: time.now, timing: timing)
                try unit.advance()
                let transition = unit.call.setReconnecting(isReconnecting, side, at: unit.now)
                if transition != Transition() { try unit.carryOut(transition) }
            }
        }
    }

    /// Ends the calls of a user who is being erased, and erases the user.
    package func erase(_ user: UserID) async throws -> [DeviceID] {
        try await store.write { [time, timing] store in
            let devices = try store.devices(of: user, limit: .max).map(\.participant.deviceId)
            for call in try store.liveCalls(of: user) {
                var unit = CallUnit(store: store, call: call, now: time.now, timing: timing)
                try unit.advance()
                guard unit.call.isLive, let side = unit.call.side(of: user) else { continue }
                let reason: EndReason = unit.call.isUnderWay ? .completed : side == .caller ? .canceled : .declined
                let transition = unit.call.end(for: user, reason: reason, at: unit.now)
                try unit.carryOut(transition)
            }
            try store.erase(user, at: time.now)
            return devices
        }
    }
}

extension CallState {
    /// Ends the call because one of its users is erased.
    mutating func end(for user: UserID, reason: EndReason, at now: Timestamp) -> Transition {
        var transition = Transition()
        var ender = Ender(.device)
        ender.userId = user
        end(Ending(reason: reason, by: ender, at: now), actor: nil, in: &transition)
        return transition
    }
}
