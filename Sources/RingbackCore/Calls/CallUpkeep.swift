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
    /// A device of the callee has marked the call as seen.
    case tellSeen(Participant, CallID)

    var calls: [CallID] {
        switch self {
        case .advance(let id), .endByAdministrator(let id), .endForErased(_, let id), .tellSeen(_, let id): [id]
        case .setReconnecting(_, _, let ids): ids
        }
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
        case .tellSeen(let participant, _):
            guard !call.isLive, call.side(of: participant.userId) == .callee else { break }
            transaction.change { $0.tellSeen(by: participant) }
        }
        return CallDecision(.success(transaction.answer(200)), changes: transaction.changes)
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

    var scope: CallScope { CallScope(calls: upkeep.calls) }

    var priority: WritePriority { .essential }

    func decide(on facts: any CallFacts) throws -> [CallChange] {
        let decision = try upkeep.decide(on: facts, timing: timing)
        outcome = decision.outcome
        return decision.changes
    }

    func complete() { if let outcome { continuation.resume(with: outcome.mapError { $0 }) } }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
