import RingbackModel

extension CallRequest {
    /// The answer is 201 with the new call, or 200 with the existing call if both users invited each other.
    func decide(
        _ invitation: Invitation, on facts: any CallFacts, timing: CallTiming
    ) throws -> CallDecision {
        if let key, let repeated = try Self.repeated(invitation, key, facts) { return CallDecision(repeated) }
        let (caller, callee) = (invitation.caller.userId, invitation.callee)
        guard callee != caller else { return Self.refusal(Problem(.callSelf, "A user cannot call themselves.")) }
        guard invitation.isPermitted else { return Self.refusal(CallPermission.refusal(callee)) }
        guard let account = try facts.account(callee) else { return Self.refusal(AccountService.notFound(callee)) }
        let live = try facts.liveCalls(of: caller)
        let now = facts.now
        var changes: [CallChange] = []
        // Glare: the callee has invited the caller. This device accepts that call.
        let standing = live.first { call in
            call.caller.userId == callee && (call.state == .inviting || call.state == .ringing)
        }
        if let standing {
            var transaction = CallTransaction(standing, at: try facts.now(for: standing), timing: timing)
            transaction.advance()
            if transaction.call.isLive {
                try transaction.apply(.merge, by: invitation.caller, key: key)
                return CallDecision(.success(transaction.answer(200)), changes: transaction.changes)
            }
            // Its ring time was over, so it has ended instead.
            changes = transaction.changes
        }
        // Before blocks are looked at, so that the answer does not depend on them.
        if account.callsFrom == .contacts || timing.callsFrom == .contacts,
            try !facts.isContact(caller, of: callee)
        {
            return Self.refusal(CallPermission.refusal(callee), changes)
        }
        if let problem = try Self.surplus(invitation, live, facts, timing) { return Self.refusal(problem, changes) }
        let devices = try facts.devices(of: callee, limit: .max)
        let legs = devices.prefix(Limits.legs).filter { $0.rings(at: now) }.map(\.participant.deviceId)
        let muted = devices.filter(\.isMuted).map(\.participant.deviceId)
        let isQuiet = account.doNotDisturb.isActive(at: now)
        let reception = try Self.reception(
            of: caller, by: account, isQuiet: isQuiet, ended: changes.first?.call.id, facts)
        var (call, invited) = CallState.invite(
            invitation, id: .random(at: now), devices: legs, reception: reception, at: now, key: key)
        // A call that is concealed, or to somebody who is banned, takes as long as any other.
        let messages =
            try isQuiet || reception == .busy || timing.outbox.isEmpty
            ? [] : timing.outbox.incoming(call, muted: muted, facts)
        call.isAwaited = !messages.isEmpty
        var transaction = CallTransaction(call, isNew: true, at: now, timing: timing)
        transaction.record(invited, muted.isEmpty ? .none : .init(muted: muted), key: key)
        if reception == .rings, account.bannedAt == nil { transaction.send(messages) }
        let answer = transaction.answer(201, location: transaction.location)
        return CallDecision(.success(answer), changes: changes + transaction.changes)
    }

    /// Returns the limit that a further call would exceed, if any.
    ///
    /// - Parameter live: The live calls of the caller. Each invitation searches them and those of the callee.
    private static func surplus(
        _ invitation: Invitation, _ live: [CallState], _ facts: any CallFacts, _ timing: CallTiming
    ) throws -> Problem? {
        let (caller, callee) = (invitation.caller.userId, invitation.callee)
        let outgoing = live.count { $0.caller.userId == caller && !$0.isUnderWay }
        let common = live.count { $0.caller.userId == callee || $0.callee == callee }
        let detail: String
        if outgoing >= Limits.outgoingCalls {
            detail = "You have \(outgoing) open calls."
        } else if common >= timing.liveCallsOfPair {
            detail = "You have \(common) calls with this user."
        } else if live.count >= timing.liveCalls {
            detail = "You have \(live.count) calls."
        } else if try facts.liveCalls(of: callee).count >= timing.liveCalls {
            detail = "This user has too many calls."
        } else {
            return nil
        }
        return Problem(.rateLimited, detail, retryAfterSeconds: 10)
    }

    private static func refusal(_ problem: Problem, _ changes: [CallChange] = []) -> CallDecision {
        CallDecision(.failure(problem), changes: changes)
    }

    /// The answer to the repetition of an invitation; `nil` if this is not a repetition.
    private static func repeated(
        _ invitation: Invitation, _ key: WriteKey, _ facts: any CallFacts
    ) throws -> Result<Answer, Problem>? {
        let device = invitation.caller.deviceId
        guard let id = try facts.invitedCall(key, of: device), let call = try facts.call(id),
            let known = call.invitationKeys.first(where: { $0.key.id == key.id && $0.device == device })
        else { return nil }
        // After the device was signed out, its identifier may have been taken by another user.
        guard call.caller == invitation.caller || call.callee == invitation.caller.userId else { return nil }
        guard known.key == key else { return .failure(.keyMismatch) }
        // The user whose invitation was merged gets the current call.
        guard call.caller == invitation.caller else { return .success(Answer(200, call.call)) }
        return .success(Answer(201, call.asInvited.call, location: "/v1/calls/\(call.id)"))
    }

    /// - Parameter ended: A call that ends by this decision.
    private static func reception(
        of caller: UserID, by callee: Account, isQuiet: Bool, ended: CallID?, _ facts: any CallFacts
    ) throws -> CallState.Reception {
        if try facts.isBlocked(caller, by: callee.userId) { return .concealed }
        let reception = isQuiet ? CallState.Reception.quiet : .rings
        guard callee.busy == .reject else { return reception }
        let isEngaged = try facts.liveCalls(of: callee.userId)
            .contains { $0.id != ended && ($0.isUnderWay || $0.caller.userId == callee.userId) }
        return isEngaged ? .busy : reception
    }
}

extension CallTransaction.Content {
    /// What an invitation adds: the devices that must not ring.
    fileprivate init(muted: [DeviceID]) {
        self.init(size: 64 * muted.count) { json in
            json.name("mutedDevices")
            json.array(muted) { $0.string($1.rawValue) }
        }
    }
}
