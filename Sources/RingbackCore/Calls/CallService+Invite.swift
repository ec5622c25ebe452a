import RingbackModel

extension CallService {
    /// 201 with the new call, or 200 with the standing one when both invited each other.
    static func invite(
        _ invitation: Invitation, key: WriteKey?, in store: any StoreWriter, at now: Timestamp, timing: CallTiming
    ) throws -> Result<Answer, Problem> {
        if let key, let repeated = try repeated(invitation, key, in: store) { return repeated }
        let (caller, callee) = (invitation.caller.userId, invitation.callee)
        guard callee != caller else { return .failure(Problem(.callSelf, "One can't call oneself.")) }
        guard let account = try store.account(callee) else { return .failure(AccountService.notFound(callee)) }
        let live = try store.liveCalls(of: caller)
        if let answer = try merge(invitation, key, with: live, in: store, at: now, timing: timing) {
            return .success(answer)
        }
        guard live.count(where: { $0.caller.userId == caller && !$0.isUnderWay }) < Limits.outgoingCalls else {
            return .failure(
                Problem(.rateLimited, "\(Limits.outgoingCalls) calls of yours ring.", retryAfterSeconds: 10))
        }
        let devices = try store.devices(of: callee, limit: Limits.legs)
            .filter { $0.expiresAt > now }.map(\.participant.deviceId)
        let (call, transition) = CallState.invite(
            invitation, id: .random(at: now), devices: devices,
            reception: try reception(of: caller, by: account, in: store), at: now, key: key)
        store.introduce(call)
        var unit = CallUnit(store: store, call: call, now: now, timing: timing)
        try unit.carryOut(transition, key: key)
        return .success(unit.answer(201, location: unit.location))
    }

    /// What an invitation answered that was done before with this key; `nil` when there was none.
    private static func repeated(
        _ invitation: Invitation, _ key: WriteKey, in store: any StoreWriter
    ) throws -> Result<Answer, Problem>? {
        guard let id = try store.invitedCall(key, of: invitation.caller.deviceId), let call = try store.call(id),
            let known = call.invitationKeys.first(where: {
                $0.key.id == key.id && $0.device == invitation.caller.deviceId
            })
        else { return nil }
        guard known.key == key else { return .failure(.keyMismatch) }
        // The one whose invitation was merged gets the call as it is.
        guard call.caller == invitation.caller else { return .success(Answer(200, call.call)) }
        return .success(Answer(201, call.asInvited.call, location: "/v1/calls/\(call.id)"))
    }

    /// Glare: the callee's invitation to the caller rings. It counts as accepted by this device.
    private static func merge(
        _ invitation: Invitation, _ key: WriteKey?, with live: [CallState], in store: any StoreWriter,
        at now: Timestamp,
        timing: CallTiming
    ) throws -> Answer? {
        let standing = live.first { call in
            call.caller.userId == invitation.callee && (call.state == .inviting || call.state == .ringing)
        }
        guard let standing else { return nil }
        var unit = CallUnit(store: store, call: standing, now: now, timing: timing)
        try unit.advance()
        guard unit.call.isLive else { return nil }
        try unit.apply(.merge, by: invitation.caller, key: key)
        return unit.answer(200)
    }

    private static func reception(
        of caller: UserID, by callee: Account, in store: any StoreWriter
    ) throws -> CallState.Reception {
        if try store.isBlocked(caller, by: callee.userId) { return .concealed }
        guard callee.busy == .reject else { return .rings }
        let isEngaged = try store.liveCalls(of: callee.userId)
            .contains { $0.isUnderWay || $0.caller.userId == callee.userId }
        return isEngaged ? .busy : .rings
    }
}
