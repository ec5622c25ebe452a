package import RingbackModel

/// Commands after the call was accepted. Each of them must pass `requireUnderWay` or `requireSinceAccepted`.
extension CallState {
    /// The side of a device that participates in a call that is under way.
    private func requireUnderWay(_ actor: Participant) throws(CallRefusal) -> Side {
        guard state != .inviting, state != .ringing else { throw .notAccepted(state) }
        guard let side = side(of: actor) else {
            // If nobody accepted the call, the callee's side has no participant.
            throw calleeDevice == nil ? .invalidTransition(state) : .notAParticipant
        }
        guard isUnderWay else { throw .invalidTransition(state) }
        return side
    }

    /// The side of a device that participates or participated in an accepted call, also after its end.
    func requireSinceAccepted(_ actor: Participant) throws(CallRefusal) -> Side {
        guard state != .inviting, state != .ringing else { throw .notAccepted(state) }
        guard calleeDevice != nil else { throw .invalidTransition(state) }
        guard let side = side(of: actor) else { throw .notAParticipant }
        return side
    }

    // MARK: Connecting and hanging up

    mutating func connected(
        _ actor: Participant, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        if state == .inviting || state == .ringing { throw .invalidTransition(state) }
        let side = try requireSinceAccepted(actor)
        if self[side].hasReportedConnected { return }
        guard isUnderWay else { throw .invalidTransition(state) }
        self[side].hasReportedConnected = true
        record("connected", by: actor, at: now, in: &transition)
        becomeActiveIfConnected(side, actor, now, &transition)
    }

    /// Makes the call active if both devices have reported `connected`, or one has and the other has sent the answer.
    private mutating func becomeActiveIfConnected(
        _ side: Side, _ actor: Participant, _ now: Timestamp, _ transition: inout Transition
    ) {
        let isConnected = Side.allCases.contains { side in
            self[side].hasReportedConnected && (self[side.other].hasReportedConnected || self[side.other].hasSentAnswer)
        }
        guard state == .connecting, isConnected else { return }
        state = .active
        activeAt = now
        record("active", by: actor, at: now, in: &transition)
        // A device that reports `connected` learns the state from the response; a device that sends the answer does
        // not.
        let teller = self[side].hasReportedConnected ? actor : nil
        tell(.callActive, .call, to: everyone(but: teller), by: actor, in: &transition)
    }

    mutating func hangUp(
        _ actor: Participant, _ reason: EndReason, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        if state == .inviting || state == .ringing { throw .invalidTransition(state) }
        _ = try requireSinceAccepted(actor)
        guard isUnderWay else { return }
        end(Ending(reason: reason, by: EndedBy(actor), at: now), actor: actor, in: &transition)
    }

    // MARK: Negotiations (RFC 8829), numbered from 1, one open at a time, the callee polite

    mutating func offer(
        _ actor: Participant, _ number: Int?, _ iceRestart: Bool, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        let side = try requireUnderWay(actor)
        if let open = openNegotiation {
            guard side == .caller, open.offerer == .callee else { throw .negotiationPending(state) }
        }
        if let number, number != negotiation + 1 { throw .staleNegotiation(state) }
        let minutes = max(0, (now - (acceptedAt ?? createdAt)).milliseconds / 60_000)
        guard negotiation < Limits.negotiationsPerMinute * Int(minutes + 1) else { throw .tooManyNegotiations }
        negotiation += 1
        openNegotiation = OpenNegotiation(number: negotiation, offerer: side, openedAt: now)
        let detail = iceRestart ? "\(negotiation), ICE restart" : "\(negotiation)"
        record("offer", by: actor, detail: detail, at: now, in: &transition)
        tellOther(side, .callOffer, .description, actor, &transition)
    }

    mutating func answer(
        _ actor: Participant, _ number: Int?, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        let side = try requireUnderWay(actor)
        guard let open = openNegotiation, number ?? open.number == open.number else { throw .staleNegotiation(state) }
        guard open.offerer != side else { throw .invalidTransition(state) }
        openNegotiation = nil
        self[side].hasSentAnswer = true
        record("answer", by: actor, detail: "\(open.number)", at: now, in: &transition)
        tellOther(side, .callAnswer, .description, actor, &transition)
        becomeActiveIfConnected(side, actor, now, &transition)
    }

    mutating func candidates(
        _ actor: Participant, _ count: Int, _ number: Int?, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        let side = try requireUnderWay(actor)
        if let number, !(1...max(1, negotiation)).contains(number) { throw .noSuchNegotiation }
        guard self[side].candidates + count <= Limits.candidatesPerSide else { throw .tooManyCandidates }
        self[side].candidates += count
        record("candidates", by: actor, detail: "\(count)", at: now, in: &transition)
        tellOther(side, .callCandidates, .candidates, actor, &transition)
    }

    mutating func setMedia(
        _ actor: Participant, _ media: JSONText, _ now: Timestamp, _ transition: inout Transition
    ) throws(CallRefusal) {
        let side = try requireUnderWay(actor)
        if self[side].media == media { return }
        self[side].media = media
        record("media", by: actor, at: now, in: &transition)
        tellOther(side, .callMedia, .media, actor, &transition)
    }

    /// Notifies only the device of the other participant; all devices of the callee until one of them has accepted.
    private mutating func tellOther(
        _ side: Side, _ type: EventType, _ content: Transition.Content, _ actor: Participant?,
        _ transition: inout Transition
    ) {
        tell(
            type, content, to: [.init(user: user(of: side.other), only: device(of: side.other))], by: actor,
            in: &transition)
    }

    // MARK: Loss of signaling

    /// Records that the signaling of a participant is lost or back. While a call rings, the caller is the only
    /// participant.
    package mutating func setReconnecting(_ isReconnecting: Bool, _ side: Side, at now: Timestamp) -> Transition {
        var transition = Transition()
        guard isUnderWay || isLive && side == .caller, (self[side].reconnectingSince != nil) != isReconnecting else {
            return transition
        }
        self[side].reconnectingSince = isReconnecting ? now : nil
        let actor = participant(of: side)
        record(isReconnecting ? "reconnecting" : "back", by: actor, at: now, in: &transition)
        tellOther(
            side, .callParticipant, .connection(isReconnecting ? .reconnecting : .online), actor, &transition)
        return transition
    }
}
