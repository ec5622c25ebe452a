public import RingbackModel

extension RingbackClient {
    /// Sets the media state of this device, which the other side receives as ``Event/Kind/media(_:)``.
    @discardableResult
    public func setMedia(
        _ callId: CallID, _ media: MediaState, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        var request = APIRequest(.setMedia, callId.rawValue)
        request.body = media.json
        return try await object(request.with(idempotencyKey), Call.init)
    }

    /// Reports the quality of the call. The report is stored with the call.
    public func reportQuality(
        _ callId: CallID, _ summary: QualitySummary, idempotencyKey: IdempotencyKey? = nil
    ) async throws {
        var request = APIRequest(.reportQuality, callId.rawValue)
        request.body = summary.json
        _ = try await send(request.with(idempotencyKey))
    }

    /// The STUN and TURN servers, with time-limited credentials for this user. Request them anew for each call.
    public func getICEServers() async throws -> ICEServers {
        try await object(APIRequest(.getICEServers), ICEServers.init)
    }
}
