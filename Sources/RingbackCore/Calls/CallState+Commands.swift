package import RingbackModel

extension CallState {
    /// Applies a command of a device. Changes nothing if it throws.
    ///
    /// A command that repeats what has already happened succeeds and changes nothing.
    ///
    /// - Parameters:
    ///   - now: The time, after ``advance(to:timing:)`` was called with it.
    ///   - key: Identifies the command when it is repeated.
    package mutating func apply(
        _ command: CallCommand, by actor: Participant, at now: Timestamp, key: WriteKey? = nil
    ) throws(CallRefusal) -> Transition {
        guard let side = side(of: actor.userId) else { throw .notFound }
        var next = self
        var transition = Transition()
        switch command {
        case .alerting: try next.alerting(side, actor, now, &transition)
        case .accept: try next.accept(side, actor, merging: false, now, &transition)
        case .merge: try next.accept(side, actor, merging: true, now, &transition)
        case .decline(let message): try next.decline(side, actor, message, now, &transition)
        case .cancel: try next.cancel(side, actor, now, &transition)
        case .connected: try next.connected(actor, now, &transition)
        case .hangUp(let reason): try next.hangUp(actor, reason, now, &transition)
        case .offer(let number, let iceRestart): try next.offer(actor, number, iceRestart, now, &transition)
        case .answer(let number): try next.answer(actor, number, now, &transition)
        case .candidates(let count, let number): try next.candidates(actor, count, number, now, &transition)
        case .media(let media): try next.setMedia(actor, media, now, &transition)
        case .quality:
            _ = try next.requireSinceAccepted(actor)
            next.record("quality", by: actor, at: now, in: &transition)
        }
        if let key {
            var write = KeyedWrite(key: key, time: now, negotiation: 0)
            switch command {
            case .merge: next.mergeKey = key
            case .offer: write.negotiation = next.negotiation
            case .answer: write.negotiation = openNegotiation?.number ?? 0
            default: break
            }
            if command != .merge { next.remember(write, of: side) }
        }
        self = next
        return transition
    }

    // MARK: Before the call is accepted

    private mutating func alerting(
        _ side: Side, _ actor: Participant, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        guard side == .callee else { throw .forbidden }
        if legs.contains(where: { $0.device == actor.deviceId && $0.hasAlerted }) { return }
        guard state == .inviting || state == .ringing else { throw .invalidTransition(state) }
        // The device rings without being listed.
        if legs.count >= Limits.listedLegs, !legs.contains(where: { $0.device == actor.deviceId }) { return }
        updateLeg(of: actor.deviceId) { leg in
            leg.state = .alerting
            leg.hasAlerted = true
        }
        record("alerting", by: actor, at: now, in: &transition)
        guard state == .inviting else { return }
        state = .ringing
        ringingAt = now
        tell(.callRinging, .call, to: everyone(but: actor), by: actor, in: &transition)
    }

    private mutating func accept(
        _ side: Side, _ actor: Participant, merging: Bool, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        guard side == .callee else { throw .forbidden }
        if calleeDevice == actor.deviceId { return }
        if isUnderWay { throw .alreadyAccepted(state) }
        guard state == .inviting || state == .ringing else { throw .invalidTransition(state) }
        state = .connecting
        acceptedAt = now
        calleeDevice = actor.deviceId
        isMerged = merging
        updateLeg(of: actor.deviceId) { $0.state = .accepted }
        let legReason: LegReason = merging ? .merged : .acceptedElsewhere
        stopOtherLegs(than: actor.deviceId, reason: legReason.rawValue)
        record(merging ? "merged" : "accepted", by: actor, at: now, in: &transition)
        tell(.callAccepted, .call, to: everyone(but: actor), by: actor, in: &transition)
        tellOtherLegs(legReason, actor, in: &transition)
    }

    private mutating func decline(
        _ side: Side, _ actor: Participant, _ message: String?, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        guard side == .callee else { throw .forbidden }
        if ending?.reason == .declined, ending?.by == EndedBy(actor) { return }
        if isUnderWay, calleeDevice != actor.deviceId { throw .alreadyAccepted(state) }
        guard state == .inviting || state == .ringing else { throw .invalidTransition(state) }
        updateLeg(of: actor.deviceId) { leg in
            leg.state = .stopped
            leg.reason = EndReason.declined.rawValue
        }
        stopOtherLegs(than: actor.deviceId, reason: LegReason.declinedElsewhere.rawValue)
        tellOtherLegs(.declinedElsewhere, actor, in: &transition)
        end(Ending(reason: .declined, by: EndedBy(actor), at: now, message: message), actor: actor, in: &transition)
    }

    private mutating func cancel(
        _ side: Side, _ actor: Participant, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        guard side == .caller else { throw .forbidden }
        guard actor.deviceId == caller.deviceId else { throw .notAParticipant }
        if ending?.reason == .canceled { return }
        guard state == .inviting || state == .ringing else { throw .invalidTransition(state) }
        end(Ending(reason: .canceled, by: EndedBy(actor), at: now), actor: actor, in: &transition)
    }

    /// Changes the leg of a device, which is added if it is not listed.
    private mutating func updateLeg(of device: DeviceID, _ change: (inout Leg) -> Void) {
        if let index = legs.firstIndex(where: { $0.device == device }) {
            change(&legs[index])
        } else {
            var leg = Leg(device: device)
            change(&leg)
            legs.append(leg)
        }
    }

    private mutating func stopOtherLegs(than device: DeviceID?, reason: String) {
        for index in legs.indices where legs[index].device != device && legs[index].state != .stopped {
            legs[index].state = .stopped
            legs[index].reason = reason
        }
    }

    private mutating func tellOtherLegs(_ reason: LegReason, _ actor: Participant, in transition: inout Transition) {
        guard legs.contains(where: { $0.device != actor.deviceId }) else { return }
        tell(
            .callStopped, .stopped(reason), to: [.init(user: callee, except: actor.deviceId)], by: actor,
            in: &transition)
    }

    // MARK: The end

    /// Ends the call for any reason.
    mutating func end(_ ending: Ending, actor: Participant?, in transition: inout Transition) {
        state = .ended
        self.ending = ending
        openNegotiation = nil
        stopOtherLegs(than: calleeDevice, reason: ending.reason.rawValue)
        record("ended", by: actor, detail: ending.reason.rawValue, at: ending.at, in: &transition)
        tell(.callEnded, .call, to: everyone(but: actor), by: actor, in: &transition)
    }

    /// Ends the call on behalf of an administrator. Does nothing if it has ended already.
    package mutating func endByAdministrator(at now: Timestamp) -> Transition {
        var transition = Transition()
        if isLive { end(Ending(reason: .admin, by: EndedBy(.administrator), at: now), actor: nil, in: &transition) }
        return transition
    }
}
