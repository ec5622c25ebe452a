public import RingbackModel

extension RingbackClient {
    /// Sends an offer, which opens the next negotiation (RFC 8829).
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - sdp: At most ``RingbackModel/Limits/sdpBytes`` bytes of UTF-8.
    ///   - negotiation: The expected number of the new negotiation; another number throws `stale_negotiation`.
    ///   - iceRestart: Whether the offer restarts ICE.
    ///   - idempotencyKey: Identifies the write if you repeat it; by default a new key.
    /// - Throws: `not_accepted`, `negotiation_pending`, `stale_negotiation`, `invalid_transition`.
    @discardableResult
    public func sendOffer(
        _ callId: CallID, sdp: String, negotiation: Int? = nil, iceRestart: Bool = false,
        idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Description {
        let request = APIRequest(.sendOffer, callId.rawValue) { json in
            json.optionalField("negotiation", negotiation)
            Self.write(.offer, sdp, to: &json)
            json.field("iceRestart", iceRestart)
        }
        return try await object(request.with(idempotencyKey), Description.init)
    }

    /// The newest offer of either side.
    ///
    /// - Throws: `not_found`: there is no such call, or no offer yet. `not_accepted`.
    public func getOffer(_ callId: CallID) async throws -> Description {
        try await object(APIRequest(.getOffer, callId.rawValue), Description.init)
    }

    /// Sends an answer, which closes a negotiation (RFC 8829).
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - sdp: At most ``RingbackModel/Limits/sdpBytes`` bytes of UTF-8.
    ///   - negotiation: The negotiation of the offer.
    ///   - idempotencyKey: Identifies the write if you repeat it; by default a new key.
    /// - Throws: `stale_negotiation`: the offer has been superseded or has expired. `not_accepted`,
    ///   `invalid_transition`.
    @discardableResult
    public func sendAnswer(
        _ callId: CallID, sdp: String, negotiation: Int, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Description {
        let request = APIRequest(.sendAnswer, callId.rawValue) { json in
            json.field("negotiation", negotiation)
            Self.write(.answer, sdp, to: &json)
        }
        return try await object(request.with(idempotencyKey), Description.init)
    }

    /// The newest answer of either side.
    ///
    /// - Throws: `not_found`: there is no such call, or no answer yet. `not_accepted`.
    public func getAnswer(_ callId: CallID) async throws -> Description {
        try await object(APIRequest(.getAnswer, callId.rawValue), Description.init)
    }

    /// Sends ICE candidates (RFC 8838) in order, at most 64 per request.
    ///
    /// Candidates may be sent before the answer. A candidate whose text is empty is end-of-candidates.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - candidates: In the order in which they were gathered.
    ///   - negotiation: The negotiation that they belong to.
    ///   - idempotencyKey: Identifies the first request; further requests get keys of their own.
    /// - Throws: `not_accepted`, `invalid_transition`.
    public func addCandidates(
        _ callId: CallID, _ candidates: [ICECandidate], negotiation: Int? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws {
        let most = Limits.candidatesPerBatch.upperBound
        for start in stride(from: 0, to: candidates.count, by: most) {
            let request = APIRequest(.addCandidates, callId.rawValue) { json in
                json.optionalField("negotiation", negotiation)
                json.field("candidates", Array(candidates[start..<min(start + most, candidates.count)]))
            }
            _ = try await send(request.with(candidates.count > most ? nil : idempotencyKey))
        }
    }

    /// A page of the other side's candidates.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - after: The ``Page/next`` of the previous page, or the position of the last known candidate.
    ///   - limit: The maximum number of candidates, 1 to 1000.
    public func listCandidates(
        _ callId: CallID, after: String? = nil, limit: Int? = nil
    ) async throws -> Page<StoredCandidate> {
        try await page(
            APIRequest(.listCandidates, callId.rawValue).with("after", after)
                .with("limit", limit.map(String.init)),
            StoredCandidate.init)
    }

    private static func write(_ kind: Description.Kind, _ sdp: String, to json: inout JSONWriter) {
        json.name("description")
        json.object { json in
            json.field("type", kind.rawValue)
            json.field("sdp", sdp)
        }
    }
}
