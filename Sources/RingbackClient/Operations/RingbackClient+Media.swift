public import RingbackModel

extension RingbackClient {
    /// Tells the other side what is muted, shown or held.
    @discardableResult
    public func setMedia(
        _ callId: CallID, _ media: MediaState, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        var request = OperationRequest(.setMedia, callId.rawValue)
        request.body = media.json
        return try await object(request.with(idempotencyKey), Call.init)
    }

    /// Reports how good the call is; it is kept with the call.
    public func reportQuality(
        _ callId: CallID, _ summary: QualitySummary, idempotencyKey: IdempotencyKey? = nil
    ) async throws {
        var request = OperationRequest(.reportQuality, callId.rawValue)
        request.body = summary.json
        _ = try await send(request.with(idempotencyKey))
    }

    /// The STUN and TURN servers, with credentials made for this user. Get them afresh for each call.
    public func getICEServers() async throws -> ICEServers {
        try await object(OperationRequest(.getICEServers), ICEServers.init)
    }
}
