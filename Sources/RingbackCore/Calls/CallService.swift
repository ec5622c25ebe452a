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

    // MARK: Transitions

    /// Applies a command to a call and answers 200 with the call.
    ///
    /// - Throws: ``Problem`` by the machine's ``CallRefusal``; `idempotency_mismatch`.
    package func perform(
        _ command: CallCommand, on id: CallID, by actor: Participant, key: IdempotencyKey? = nil
    ) async throws -> Answer {
        try await change(id, by: actor, key: key) { unit in
            try unit.apply(command, by: actor)
            return Answer(200, unit.call.call)
        }
    }

    package func setMedia(
        _ media: JSONText, on id: CallID, by actor: Participant, key: IdempotencyKey? = nil
    ) async throws -> Answer {
        try await change(id, by: actor, key: key) { unit in
            try unit.apply(.media(media), by: actor, payload: .media(media))
            return Answer(200, unit.call.call)
        }
    }

    package func reportQuality(
        _ summary: JSONText, on id: CallID, by actor: Participant, key: IdempotencyKey? = nil
    ) async throws -> Answer {
        try await change(id, by: actor, key: key) { unit in
            try unit.apply(.quality, by: actor)
            try unit.store.saveQuality(summary, from: actor, of: id, at: unit.now)
            return Answer(204)
        }
    }

    /// Ends a call in the name of an administrator.
    package func endByAdministrator(_ id: CallID) async throws -> Answer {
        try await store.write { [time, timing] store in
            guard let call = try store.call(id) else { throw CallRefusal.notFound.problem }
            var unit = CallUnit(store: store, call: call, now: time.now, timing: timing)
            let transition = unit.call.endByAdministrator(at: unit.now)
            try unit.carryOut(transition)
            return Answer(200, unit.call.call)
        }
    }

    // MARK: Negotiation

    /// Sends an offer: 201 with the ``Description``.
    ///
    /// - Parameter sdp: A JSON string within ``Limits/sdpBytes``.
    package func sendOffer(
        _ sdp: JSONText, negotiation: Int?, iceRestart: Bool, on id: CallID, by actor: Participant,
        key: IdempotencyKey? = nil
    ) async throws -> Answer {
        try await change(id, by: actor, key: key) { unit in
            let offer = Description(
                callId: id, negotiation: unit.call.negotiation + 1, kind: .offer, sdp: sdp, iceRestart: iceRestart,
                from: actor, createdAt: unit.now)
            try unit.apply(
                .offer(negotiation: negotiation, iceRestart: iceRestart), by: actor, payload: .description(offer))
            try unit.store.save(offer)
            return Answer(201, offer, location: "/v1/calls/\(id)/offer")
        }
    }

    /// Sends an answer: 201 with the ``Description``.
    package func sendAnswer(
        _ sdp: JSONText, negotiation: Int?, on id: CallID, by actor: Participant, key: IdempotencyKey? = nil
    ) async throws -> Answer {
        try await change(id, by: actor, key: key) { unit in
            let answer = Description(
                callId: id, negotiation: unit.call.openNegotiation?.number ?? unit.call.negotiation, kind: .answer,
                sdp: sdp, iceRestart: false, from: actor, createdAt: unit.now)
            try unit.apply(.answer(negotiation: negotiation), by: actor, payload: .description(answer))
            try unit.store.save(answer)
            return Answer(201, answer, location: "/v1/calls/\(id)/answer")
        }
    }

    /// Sends candidates: 202 with how many were taken.
    ///
    /// - Parameter candidates: `RTCIceCandidateInit`s, each within its bounds.
    package func addCandidates(
        _ candidates: [JSONText], negotiation: Int?, on id: CallID, by actor: Participant, key: IdempotencyKey? = nil
    ) async throws -> Answer {
        try await change(id, by: actor, key: key) { unit in
            try unit.apply(
                .candidates(count: candidates.count, negotiation: negotiation), by: actor,
                payload: .candidates(candidates, negotiation: negotiation))
            try unit.store.append(candidates, of: negotiation, from: actor, to: id, at: unit.now)
            var json = JSONWriter()
            json.object { json in
                json.field("callId", id.rawValue)
                json.field("accepted", candidates.count)
            }
            return Answer(202, body: json.utf8)
        }
    }

    // MARK: The shape of every change

    /// Runs `work` on a call in one transaction, once per key.
    ///
    /// What time alone has done to the call is kept, also when the work is refused.
    func change(
        _ id: CallID, by actor: Participant, key: IdempotencyKey?,
        _ work: @escaping @Sendable (inout CallUnit) throws -> Answer
    ) async throws -> Answer {
        try await store.write { [time, timing] store -> Result<Answer, Problem> in
            try Self.once(key, in: store, at: time.now) {
                guard let call = try store.call(id) else { return .failure(CallRefusal.notFound.problem) }
                var unit = CallUnit(store: store, call: call, now: time.now, timing: timing)
                try unit.advance()
                do {
                    return .success(try work(&unit))
                } catch let refusal as CallRefusal {
                    return .failure(refusal.problem)
                }
            }
        }.get()
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
