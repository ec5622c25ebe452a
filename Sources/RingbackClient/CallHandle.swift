public import RingbackModel

/// A call, with the operations that this device can perform on it.
///
/// A handle does not change: it holds the call as it was when the handle was created. Follow the events with its
/// ``id``, or ask for ``current()``.
public struct CallHandle: Sendable, Identifiable {
    /// The call as it was when the handle was created.
    public let call: Call
    private let client: RingbackClient

    init(_ call: Call, client: RingbackClient) {
        self.call = call
        self.client = client
    }

    /// The call's identifier.
    public var id: CallID { call.callId }

    /// Whether this device's user placed the call.
    public var isOutgoing: Bool { call.caller.userId == client.session?.userId }

    /// The current state of the call. See ``RingbackClient/getCall(_:)``.
    public func current() async throws -> Call { try await client.getCall(id) }

    /// Reports that this device rings. See ``RingbackClient/alerting(_:idempotencyKey:)``.
    @discardableResult
    public func alerting(idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await client.alerting(id, idempotencyKey: idempotencyKey)
    }

    /// Accepts the call. See ``RingbackClient/accept(_:idempotencyKey:)``.
    @discardableResult
    public func accept(idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await client.accept(id, idempotencyKey: idempotencyKey)
    }

    /// Declines the call. See ``RingbackClient/decline(_:message:idempotencyKey:)``.
    @discardableResult
    public func decline(message: String? = nil, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await client.decline(id, message: message, idempotencyKey: idempotencyKey)
    }

    /// Cancels the call before it is accepted. See ``RingbackClient/cancel(_:idempotencyKey:)``.
    @discardableResult
    public func cancel(idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await client.cancel(id, idempotencyKey: idempotencyKey)
    }

    /// Sends an offer. See ``RingbackClient/sendOffer(_:sdp:negotiation:iceRestart:idempotencyKey:)``.
    @discardableResult
    public func sendOffer(
        sdp: String, iceRestart: Bool = false, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Description {
        try await client.sendOffer(id, sdp: sdp, iceRestart: iceRestart, idempotencyKey: idempotencyKey)
    }

    /// Sends an answer. See ``RingbackClient/sendAnswer(_:sdp:negotiation:idempotencyKey:)``.
    @discardableResult
    public func sendAnswer(
        sdp: String, negotiation: Int, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Description {
        try await client.sendAnswer(id, sdp: sdp, negotiation: negotiation, idempotencyKey: idempotencyKey)
    }

    /// Sends candidates. See ``RingbackClient/addCandidates(_:_:negotiation:idempotencyKey:)``.
    public func addCandidates(_ candidates: [ICECandidate], negotiation: Int? = nil) async throws {
        try await client.addCandidates(id, candidates, negotiation: negotiation)
    }

    /// Reports that the devices are connected. See ``RingbackClient/connected(_:idempotencyKey:)``.
    @discardableResult
    public func connected(idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await client.connected(id, idempotencyKey: idempotencyKey)
    }

    /// Sets the media state of this device and sends it to the other side. See
    /// ``RingbackClient/setMedia(_:_:idempotencyKey:)``.
    @discardableResult
    public func setMedia(_ media: MediaState) async throws -> Call { try await client.setMedia(id, media) }

    /// Hangs up. See ``RingbackClient/hangUp(_:reason:idempotencyKey:)``.
    @discardableResult
    public func hangUp(
        reason: EndReason = .completed, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        try await client.hangUp(id, reason: reason, idempotencyKey: idempotencyKey)
    }
}
