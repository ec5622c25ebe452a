package import RingbackModel

/// The use cases of calls. Every change is one piece of work of the store's writer: load the call, ask the machine, save
/// what changed, append the events.
package final class CallService: Sendable {
    let store: any Store
    let time: any Timekeeper
    package let timing: CallTiming

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
        return try Self.once(request.key, in: store, at: now) {
            switch request.action {
            case .invite(let invitation): try Self.invite(invitation, in: store, at: now, timing: timing)
            case .change(let id, let change):
                try Self.change(id, by: request.actor, in: store, at: now, timing: timing) { unit in
                    try Self.apply(change, by: request.actor, to: &unit)
                }
            }
        }
    }

    private static func apply(
        _ change: CallRequest.Change, by actor: Participant, to unit: inout CallUnit
    ) throws -> Answer {
        switch change {
        case .command(let command):
            try unit.apply(command, by: actor)
            return unit.answer(200)
        case .media(let media):
            try unit.apply(.media(media), by: actor, payload: .media(media))
            return unit.answer(200)
        case .quality(let summary):
            try unit.apply(.quality, by: actor)
            try unit.store.saveQuality(summary, from: actor, of: unit.call.id, at: unit.now)
            return Answer(204)
        case .offer(let sdp, let negotiation, let iceRestart):
            return try sendOffer(sdp, negotiation, iceRestart, by: actor, to: &unit)
        case .answer(let sdp, let negotiation): return try sendAnswer(sdp, negotiation, by: actor, to: &unit)
        case .candidates(let candidates, let negotiation):
            return try addCandidates(candidates, negotiation, by: actor, to: &unit)
        }
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

    // MARK: Negotiation

    /// 201 with the ``Description``.
    private static func sendOffer(
        _ sdp: JSONText, _ negotiation: Int?, _ iceRestart: Bool, by actor: Participant, to unit: inout CallUnit
    ) throws -> Answer {
        let offer = Description(
            callId: unit.call.id, negotiation: unit.call.negotiation + 1, kind: .offer, sdp: sdp,
            iceRestart: iceRestart, from: actor, createdAt: unit.now)
        try unit.apply(
            .offer(negotiation: negotiation, iceRestart: iceRestart), by: actor, payload: .description(offer))
        return Answer(201, offer, location: "/v1/calls/\(unit.call.id)/offer")
    }

    /// 201 with the ``Description``.
    private static func sendAnswer(
        _ sdp: JSONText, _ negotiation: Int?, by actor: Participant, to unit: inout CallUnit
    ) throws -> Answer {
        let answer = Description(
            callId: unit.call.id, negotiation: unit.call.openNegotiation?.number ?? unit.call.negotiation,
            kind: .answer, sdp: sdp, iceRestart: false, from: actor, createdAt: unit.now)
        try unit.apply(.answer(negotiation: negotiation), by: actor, payload: .description(answer))
        return Answer(201, answer, location: "/v1/calls/\(unit.call.id)/answer")
    }

    /// 202 with how many were taken.
    private static func addCandidates(
        _ candidates: [JSONText], _ negotiation: Int?, by actor: Participant, to unit: inout CallUnit
    ) throws -> Answer {
        try unit.apply(
            .candidates(count: candidates.count, negotiation: negotiation), by: actor,
            payload: .candidates(candidates, negotiation: negotiation))
        var json = JSONWriter(reservingCapacity: 96)
        json.object { json in
            json.field("callId", unit.call.id.rawValue)
            json.field("accepted", candidates.count)
        }
        return Answer(202, body: json.finish())
    }

    // MARK: The shape of every change

    /// Runs `work` on a call.
    ///
    /// What time alone has done to the call is kept, also when the work is refused.
    private static func change(
        _ id: CallID, by actor: Participant, in store: any StoreWriter, at now: Timestamp, timing: CallTiming,
        _ work: (inout CallUnit) throws -> Answer
    ) throws -> Result<Answer, Problem> {
        guard let call = try store.call(id) else { return .failure(CallRefusal.notFound.problem) }
        var unit = CallUnit(store: store, call: call, now: now, timing: timing)
        try unit.advance()
        do {
            return .success(try work(&unit))
        } catch let refusal as CallRefusal {
            return .failure(refusal.problem)
        }
    }

    /// Gives the answer that was given for the key before, or does work that may be repeated and keeps its answer.
    package func repeatable(_ key: IdempotencyKey, _ work: () async throws -> Answer) async throws -> Answer {
        if let stored = try await store.read({ try $0.answer(for: key) }) { return try Self.replay(stored, key) }
        let answer = try await work()
        return try await store.write { [time] store in
            if let stored = try store.answer(for: key) { return try Self.replay(stored, key) }
            try store.save(answer, for: key, at: time.now)
            return answer
        }
    }

    private static func replay(_ stored: StoredAnswer, _ key: IdempotencyKey) throws(Problem) -> Answer {
        guard stored.fingerprint == key.fingerprint else {
            throw Problem(.idempotencyMismatch, "The key was used for another request of this device.")
        }
        return stored.answer
    }

    /// Gives the answer that was given for the key before, or does the work and keeps its answer.
    static func once(
        _ key: IdempotencyKey?, in store: any StoreWriter, at now: Timestamp,
        _ work: () throws -> Result<Answer, Problem>
    ) throws -> Result<Answer, Problem> {
        guard let key else { return try work() }
        if let stored = try store.answer(for: key) { return Result { () throws(Problem) in try replay(stored, key) } }
        let result = try work()
        if case .success(let answer) = result { try store.save(answer, for: key, at: now) }
        return result
    }
}
