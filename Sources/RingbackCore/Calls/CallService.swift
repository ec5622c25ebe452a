package import RingbackModel

/// The use cases of calls. Every change is one piece of work of the store's writer: load the call, ask the machine, save
/// what changed, append the events.
package final class CallService: Sendable {
    let store: any Store
    let time: any Timekeeper
    package let timing: CallTiming
    private let repeatedAnswers = RepeatedAnswers()

    package init(store: any Store, time: any Timekeeper, timing: CallTiming = CallTiming()) {
        self.store = store
        self.time = time
        self.timing = timing
    }

    /// Carries out what a device asks of a call.
    ///
    /// - Throws: ``Problem`` by the machine's ``CallRefusal``; `idempotency_mismatch`; for an invitation `user_not_found`,
    ///   `call_self`, and `rate_limited` beyond ``Limits/outgoingCalls``.
    package func perform(_ request: CallRequest) async throws -> Answer {
        try await store.write { try self.carryOut(request, in: $0) }.get()
    }

    /// The same without a task to wait in.
    ///
    /// - Parameter completion: Called on the writer's thread once the change is durable. It must not wait.
    package func submit(_ request: CallRequest, then completion: @escaping @Sendable (CallJob) -> Void) {
        store.submit(CallJob(request, of: self, then: completion))
    }

    func carryOut(_ request: CallRequest, in store: any StoreWriter) throws -> Result<Answer, Problem> {
        let now = time.now
        switch request.action {
        case .invite(let invitation):
            return try Self.invite(invitation, key: request.key, in: store, at: now, timing: timing)
        case .change(let id, let change):
            return try Self.change(id, in: store, at: now, timing: timing) { unit in
                try Self.apply(change, of: request, to: &unit)
            }
        }
    }

    private static func apply(
        _ change: CallRequest.Change, of request: CallRequest, to unit: inout CallUnit
    ) throws -> Answer {
        let (actor, key) = (request.actor, request.key)
        if let key, let write = unit.call.keyedWrite(key, by: actor) {
            guard write.key == key else { throw Problem.keyMismatch }
            return repeated(change, write, by: actor, of: &unit)
        }
        switch change {
        case .command(let command):
            try unit.apply(command, by: actor)
            return unit.answer(200)
        case .media(let media):
            try unit.apply(.media(media), by: actor, key: key, payload: .media(media))
            return unit.answer(200)
        case .quality(let summary):
            try unit.apply(.quality, by: actor, key: key)
            try unit.store.saveQuality(summary, from: actor, of: unit.call.id, at: unit.now)
            return Answer(204)
        case .offer(let sdp, let negotiation, let iceRestart):
            let offer = Description(
                callId: unit.call.id, negotiation: unit.call.negotiation + 1, kind: .offer, sdp: sdp,
                iceRestart: iceRestart, from: actor, createdAt: unit.now)
            try unit.apply(
                .offer(negotiation: negotiation, iceRestart: iceRestart), by: actor, key: key,
                payload: .description(offer))
            return answer(with: offer)
        case .answer(let sdp, let negotiation):
            let answer = Description(
                callId: unit.call.id, negotiation: unit.call.openNegotiation?.number ?? unit.call.negotiation,
                kind: .answer, sdp: sdp, iceRestart: false, from: actor, createdAt: unit.now)
            try unit.apply(
                .answer(negotiation: negotiation), by: actor, key: key, payload: .description(answer))
            return Self.answer(with: answer)
        case .candidates(let candidates, let negotiation):
            try unit.apply(
                .candidates(count: candidates.count, negotiation: negotiation), by: actor, key: key,
                payload: .candidates(candidates, negotiation: negotiation))
            return answer(unit.call.id, accepted: candidates.count)
        }
    }

    /// What a change answered that was done before: the same again, but for the call, which is as it is now.
    private static func repeated(
        _ change: CallRequest.Change, _ write: KeyedWrite, by actor: Participant, of unit: inout CallUnit
    ) -> Answer {
        switch change {
        case .command, .media: return unit.answer(200)
        case .quality: return Answer(204)
        case .offer(let sdp, _, let iceRestart):
            return answer(
                with: Description(
                    callId: unit.call.id, negotiation: write.negotiation, kind: .offer, sdp: sdp,
                    iceRestart: iceRestart, from: actor, createdAt: write.time))
        case .answer(let sdp, _):
            return answer(
                with: Description(
                    callId: unit.call.id, negotiation: write.negotiation, kind: .answer, sdp: sdp, iceRestart: false,
                    from: actor, createdAt: write.time))
        case .candidates(let candidates, _): return answer(unit.call.id, accepted: candidates.count)
        }
    }

    /// 201 with the ``Description``.
    private static func answer(with description: Description) -> Answer {
        Answer(201, description, location: "/v1/calls/\(description.callId)/\(description.kind.rawValue)")
    }

    /// 202 with how many candidates were taken.
    private static func answer(_ id: CallID, accepted count: Int) -> Answer {
        var json = JSONWriter(reservingCapacity: 96)
        json.object { json in
            json.field("callId", id.rawValue)
            json.field("accepted", count)
        }
        return Answer(202, body: json.finish())
    }

    /// Ends a call in the name of an administrator.
    package func endByAdministrator(_ id: CallID) async throws -> Answer {
        try await store.write { [time, timing] store in
            guard let call = try store.call(id) else { throw CallRefusal.notFound.problem }
            var unit = CallUnit(store: store, call: call, now: time.now, timing: timing)
            let transition = unit.call.endByAdministrator(at: unit.now)
            try unit.carryOut(transition)
            return unit.answer(200)
        }
    }

    // MARK: The shape of every change

    /// Runs `work` on a call.
    ///
    /// What time alone has done to the call is kept, also when the work is refused.
    private static func change(
        _ id: CallID, in store: any StoreWriter, at now: Timestamp, timing: CallTiming,
        _ work: (inout CallUnit) throws -> Answer
    ) throws -> Result<Answer, Problem> {
        guard let call = try store.call(id) else { return .failure(CallRefusal.notFound.problem) }
        var unit = CallUnit(store: store, call: call, now: now, timing: timing)
        try unit.advance()
        do {
            return .success(try work(&unit))
        } catch let refusal as CallRefusal {
            return .failure(refusal.problem)
        } catch let problem as Problem {
            return .failure(problem)
        }
    }

    /// Does work that may be repeated. While the server remembers the answer that it gave for the key, it gives that again.
    package func repeatable(_ key: IdempotencyKey, _ work: () async throws -> Answer) async throws -> Answer {
        try await repeatedAnswers.answer(key, at: time.now, work)
    }
}
