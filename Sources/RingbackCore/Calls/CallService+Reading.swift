package import RingbackModel

/// A call in a snapshot, with everything that a participating device needs to rejoin it.
package struct LiveCall: Sendable, JSONWritable {
    package var call: Call
    package var offer: Description?
    package var answer: Description?
    /// The other side's candidates of the newest negotiation, and those without a negotiation.
    package var candidates: [StoredCandidate]?

    package func write(to json: inout JSONWriter) {
        json.object { json in
            call.writeMembers(to: &json)
            json.optionalField("offer", offer)
            json.optionalField("answer", answer)
            if let candidates { json.field("candidates", candidates) }
        }
    }
}

/// A user's live calls, and the cursor that belongs to them.
package struct Snapshot: Sendable {
    package var calls: [LiveCall]
    package var cursor: Cursor
}

extension CallService {
    /// - Throws: ``Problem`` `not_found` if the user is not a party to the call.
    package func call(_ id: CallID, for user: UserID) async throws -> Call {
        try await store.read { try Self.state(id, for: user, in: $0).call }
    }

    /// A page of the user's history, newest first. Each call has its direction and whether it was missed.
    package func history(_ query: HistoryQuery) async throws -> [Call] {
        if let before = query.before { _ = try await call(before, for: query.user) }
        return try await store.read { store in
            let seenUntil = try store.account(query.user)?.callsSeenUntil
            return try store.history(query).map { state in
                var call = state.call
                let isIncoming = state.callee == query.user
                call.direction = isIncoming ? .incoming : .outgoing
                call.missed = isIncoming && state.isMissed
                if call.missed == true { call.seen = seenUntil.map { state.createdAt <= $0 } ?? false }
                return call
            }
        }
    }

    /// The newest offer or answer. Only for participating devices.
    package func newestDescription(
        _ kind: Description.Kind, of id: CallID, for participant: Participant
    ) async throws -> Description {
        try await store.read { store in
            _ = try Self.state(id, forParticipant: participant, in: store)
            guard let description = try store.newestDescription(kind, of: id) else {
                throw Problem(.notFound, "The call has no \(kind.rawValue) yet.")
            }
            return description
        }
    }

    /// The other side's candidates after a position, in order. Only for participating devices.
    package func candidates(
        of id: CallID, after: Int, limit: Int, for participant: Participant
    ) async throws -> [StoredCandidate] {
        try await store.read { store in
            let call = try Self.state(id, forParticipant: participant, in: store)
            let other = call.user(of: participant.userId == call.callee ? .caller : .callee)
            return try store.candidates(of: id, from: other, after: after, limit: limit)
        }
    }

    package func timeline(of id: CallID, for user: UserID) async throws -> [TimelineEntry] {
        try await store.read { store in
            _ = try Self.state(id, for: user, in: store)
            return try store.timeline(of: id)
        }
    }

    private static let snapshotBytes = 1 << 20

    /// The user's live calls and the cursor that belongs to them, from one consistent state. Offers, answers and
    /// candidates are left out once the calls before have 1 MiB of them.
    package func snapshot(for participant: Participant) async throws -> Snapshot {
        try await store.read { [epoch = store.epoch] store in
            // The position is read first: an event in between is then delivered twice rather than lost.
            let position = try store.newestPosition(of: participant.userId)
            var bytes = 0
            let live = try store.liveCalls(of: participant.userId)
            let calls = try Self.withoutQuiet(live, for: participant, in: store).map { state in
                var live = LiveCall(call: state.call)
                guard state.isUnderWay, let side = state.side(of: participant), bytes < Self.snapshotBytes else {
                    return live
                }
                live.offer = try store.newestDescription(.offer, of: state.id)
                live.answer = try store.newestDescription(.answer, of: state.id)
                live.candidates = try store.candidates(
                    of: state.id, from: state.user(of: side.other), after: 0, limit: Limits.candidatesPerSide
                ).filter { $0.negotiation == nil || $0.negotiation == state.negotiation }.suffix(256)
                bytes += live.offer?.sdp.utf8.count ?? 0
                bytes += live.answer?.sdp.utf8.count ?? 0
                for candidate in live.candidates ?? [] { bytes += candidate.candidate.utf8.count }
                return live
            }
            return Snapshot(calls: calls, cursor: Cursor(epoch: epoch, position: position))
        }
    }

    /// Leaves out the incoming calls that must not ring on a device.
    private static func withoutQuiet(
        _ calls: [CallState], for participant: Participant, in store: any StoreReader
    ) throws -> [CallState] {
        let rings = { (call: CallState) in call.callee == participant.userId && call.stillRings }
        guard calls.contains(where: rings) else { return calls }
        let isMuted = try store.device(participant.deviceId)?.isMuted ?? false
        let setting = try store.account(participant.userId)?.doNotDisturb ?? DoNotDisturb()
        return calls.filter { call in !rings(call) || !isMuted && !setting.isActive(at: call.createdAt) }
    }

    static func state(_ id: CallID, for user: UserID, in store: any StoreReader) throws -> CallState {
        guard let call = try store.call(id), call.side(of: user) != nil else { throw CallRefusal.notFound.problem }
        return call
    }

    private static func state(
        _ id: CallID, forParticipant participant: Participant, in store: any StoreReader
    ) throws -> CallState {
        let call = try state(id, for: participant.userId, in: store)
        if call.state == .inviting || call.state == .ringing { throw CallRefusal.notAccepted(call.state).problem }
        guard call.side(of: participant) != nil else { throw CallRefusal.notAParticipant.problem }
        return call
    }
}
