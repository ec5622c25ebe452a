import RingbackModel

extension CallRequest {
    /// The facts that the decision depends on.
    package var scope: CallScope {
        switch action {
        case .invite(let invitation):
            CallScope(
                users: [invitation.caller.userId, invitation.callee], signIn: signIn,
                invitation: key.map { InvitationKey($0, of: invitation.caller.deviceId) }, callee: invitation.callee)
        case .change(let id, _): CallScope(calls: [id], signIn: signIn)
        }
    }

    /// Decides on the facts, without side effects. A request whose sign-in has ended is rejected with
    /// `unauthenticated`.
    ///
    /// - Throws: Errors of `facts`.
    package func decide(on facts: any CallFacts, timing: CallTiming) throws -> CallDecision {
        guard try facts.isSignedIn(signIn) else { return CallDecision(.failure(SessionService.unauthenticated)) }
        switch action {
        case .invite(let invitation): return try decide(invitation, on: facts, timing: timing)
        case .change(let id, let change):
            guard let call = try facts.call(id) else { return CallDecision(.failure(CallRefusal.notFound.problem)) }
            var transaction = CallTransaction(call, at: try facts.now(for: call), timing: timing)
            transaction.advance()
            let outcome = carryOut(change, in: &transaction)
            return CallDecision(outcome, changes: transaction.changes)
        }
    }

    private func carryOut(_ change: Change, in transaction: inout CallTransaction) -> Result<Answer, Problem> {
        if let key, let write = transaction.call.keyedWrite(key, by: actor) {
            guard write.key == key else { return .failure(.keyMismatch) }
            return .success(repeated(change, write, in: &transaction))
        }
        do throws(CallRefusal) {
            return .success(try apply(change, in: &transaction))
        } catch {
            return .failure(error.problem)
        }
    }

    private func apply(
        _ change: Change, in transaction: inout CallTransaction
    ) throws(CallRefusal) -> Answer {
        let call = transaction.call
        switch change {
        case .command(let command):
            try transaction.apply(command, by: actor)
            return transaction.answer(200)
        case .media(let media):
            try transaction.apply(
                .media(media), by: actor, key: key, content: .init(size: media.utf8.count) { $0.field("media", media) })
            return transaction.answer(200)
        case .quality(let summary):
            try transaction.apply(.quality, by: actor, key: key)
            transaction.report(QualityReport(summary, from: actor, at: transaction.now))
            return Answer(204)
        case .offer(let sdp, let negotiation, let iceRestart):
            let offer = Description(
                callId: call.id, negotiation: call.negotiation + 1, kind: .offer, sdp: sdp, iceRestart: iceRestart,
                from: actor, createdAt: transaction.now)
            try transaction.apply(
                .offer(negotiation: negotiation, iceRestart: iceRestart), by: actor, key: key, content: .init(offer))
            return Self.answer(with: offer)
        case .answer(let sdp, let negotiation):
            let answer = Description(
                callId: call.id, negotiation: call.openNegotiation?.number ?? call.negotiation, kind: .answer,
                sdp: sdp, iceRestart: false, from: actor, createdAt: transaction.now)
            try transaction.apply(.answer(negotiation: negotiation), by: actor, key: key, content: .init(answer))
            return Self.answer(with: answer)
        case .candidates(let candidates, let negotiation):
            try transaction.apply(
                .candidates(count: candidates.count, negotiation: negotiation), by: actor, key: key,
                content: .init(candidates, negotiation))
            return Self.answer(call.id, accepted: candidates.count)
        }
    }

    /// The answer to the repetition of a change: the original answer, but with the current state of the call.
    private func repeated(_ change: Change, _ write: KeyedWrite, in transaction: inout CallTransaction) -> Answer {
        let id = transaction.call.id
        switch change {
        case .command, .media: return transaction.answer(200)
        case .quality: return Answer(204)
        case .offer(let sdp, _, let iceRestart):
            return Self.answer(
                with: Description(
                    callId: id, negotiation: write.negotiation, kind: .offer, sdp: sdp, iceRestart: iceRestart,
                    from: actor, createdAt: write.time))
        case .answer(let sdp, _):
            return Self.answer(
                with: Description(
                    callId: id, negotiation: write.negotiation, kind: .answer, sdp: sdp, iceRestart: false,
                    from: actor, createdAt: write.time))
        case .candidates(let candidates, _): return Self.answer(id, accepted: candidates.count)
        }
    }

    /// The answer 201 with a ``Description``.
    private static func answer(with description: Description) -> Answer {
        Answer(201, description, location: "/v1/calls/\(description.callId)/\(description.kind.rawValue)")
    }

    /// The answer 202 with the number of accepted candidates.
    private static func answer(_ id: CallID, accepted count: Int) -> Answer {
        var json = JSONWriter(reservingCapacity: 96)
        json.object { json in
            json.field("callId", id.rawValue)
            json.field("accepted", count)
        }
        return Answer(202, body: json.finish())
    }
}

extension CallTransaction.Content {
    fileprivate init(_ description: Description) {
        self.init(size: description.expectedSize) { description.writeMembers(to: &$0) }
    }

    fileprivate init(_ candidates: [JSONText], _ negotiation: Int?) {
        self.init(size: candidates.reduce(64) { $0 + $1.utf8.count }) { json in
            json.optionalField("negotiation", negotiation)
            json.name("candidates")
            json.array { json in
                for candidate in candidates { json.raw(candidate.utf8) }
            }
        }
    }
}
