package import RingbackModel

/// A change of a call that is not requested by one of its devices.
package enum CallUpkeep: Sendable, Hashable {
    /// A deadline of the call has passed.
    case advance(CallID)
    /// The signaling of a device is lost, or back.
    case setReconnecting(Bool, Participant, [CallID])
    /// An administrator ends the call.
    case endByAdministrator(CallID)
    /// One of the users is about to be erased.
    case endForErased(UserID, CallID)
    /// A device of the callee marks a missed call, and all before it, as seen.
    case markSeen(SignIn, CallID)

    var calls: [CallID] {
        switch self {
        case .advance(let id), .endByAdministrator(let id), .endForErased(_, let id), .markSeen(_, let id): [id]
        case .setReconnecting(_, _, let ids): ids
        }
    }

    /// The sign-in that requests it.
    fileprivate var signIn: SignIn? {
        if case .markSeen(let signIn, _) = self { signIn } else { nil }
    }

    var scope: CallScope {
        CallScope(calls: calls, users: signIn.map { [$0.participant.userId] } ?? [], signIn: signIn)
    }

    /// Makes the decision, without side effects. The answer is 200 with the call that was changed last, or `not_found`.
    package func decide(on facts: any CallFacts, timing: CallTiming) throws -> CallDecision {
        var decision = CallDecision(.failure(CallRefusal.notFound.problem))
        for call in try calls.compactMap({ try facts.call($0) }) {
            let next = try decide(call, on: facts, timing: timing)
            decision = CallDecision(next.outcome, changes: decision.changes + next.changes)
        }
        return decision
    }

    private func decide(_ call: CallState, on facts: any CallFacts, timing: CallTiming) throws -> CallDecision {
        let now = try facts.now(for: call)
        var transaction = CallTransaction(call, at: now, timing: timing)
        switch self {
        case .advance:
            transaction.advance()
            // The call was due nevertheless: a reopened store knows only that the call is live.
            if transaction.changes.isEmpty, call.isLive { transaction.recordDeadline() }
        case .setReconnecting(let isReconnecting, let participant, _):
            guard let side = call.side(of: participant) else { break }
            transaction.advance()
            transaction.change { $0.setReconnecting(isReconnecting, side, at: now) }
        case .endByAdministrator:
            transaction.change { $0.endByAdministrator(at: now) }
        case .endForErased(let user, _):
            transaction.advance()
            guard transaction.call.isLive, let side = call.side(of: user) else { break }
            let reason: EndReason = transaction.call.isUnderWay ? .completed : side == .caller ? .canceled : .declined
            transaction.change { $0.end(for: user, reason: reason, at: now) }
        case .markSeen(let signIn, _): try Self.markSeen(call, by: signIn, on: facts, in: &transaction)
        }
        return CallDecision(.success(transaction.answer(200)), changes: transaction.changes)
    }
}

extension CallUpkeep {
    private static func markSeen(
        _ call: CallState, by signIn: SignIn, on facts: any CallFacts, in transaction: inout CallTransaction
    ) throws {
        guard try facts.isSignedIn(signIn), let account = try facts.account(signIn.participant.userId) else {
            throw SessionService.unauthenticated
        }
        guard let side = call.side(of: account.userId) else { throw CallRefusal.notFound.problem }
        guard side == .callee else { throw CallRefusal.forbidden.problem }
        guard !call.isLive else { throw CallRefusal.invalidTransition(call.state).problem }
        if let known = account.callsSeenUntil, known >= call.createdAt { return }
        transaction.markSeen(by: signIn.participant)
    }
}

extension CallTransaction {
    fileprivate mutating func markSeen(by participant: Participant) {
        change { $0.tellSeen(by: participant) }
        seen(until: call.createdAt)
    }
}

extension CallState {
    /// Tells the callee's other devices. Nothing else about the call changes.
    fileprivate mutating func tellSeen(by participant: Participant) -> Transition {
        var transition = Transition()
        tell(
            .callSeen, .seen, to: [.init(user: callee, except: participant.deviceId)], by: participant, in: &transition)
        return transition
    }

    /// Ends the call because one of its users is erased.
    fileprivate mutating func end(for user: UserID, reason: EndReason, at now: Timestamp) -> Transition {
        var transition = Transition()
        var ender = EndedBy(.device)
        ender.userId = user
        end(Ending(reason: reason, by: ender, at: now), actor: nil, in: &transition)
        return transition
    }
}

/// An upkeep, while it is processed by the store.
final class UpkeepJob: StoreJob {
    private let upkeep: CallUpkeep
    private let timing: CallTiming
    private let continuation: CheckedContinuation<Answer, any Error>
    /// Unchecked: accessed first when the store decides, and then when it completes the job.
    nonisolated(unsafe) private var outcome: Result<Answer, Problem>?

    init(_ upkeep: CallUpkeep, timing: CallTiming, _ continuation: CheckedContinuation<Answer, any Error>) {
        self.upkeep = upkeep
        self.timing = timing
        self.continuation = continuation
    }

    var scope: CallScope { upkeep.scope }

    /// Upkeep that no device requests ends calls or corrects their state, and is written even to a full database.
    var priority: WritePriority { upkeep.signIn == nil ? .essential : .ordinary }

    func decide(on facts: any CallFacts) throws -> [CallChange] {
        let decision = try upkeep.decide(on: facts, timing: timing)
        outcome = decision.outcome
        return decision.changes
    }

    func complete() { if let outcome { continuation.resume(with: outcome.mapError { $0 }) } }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
