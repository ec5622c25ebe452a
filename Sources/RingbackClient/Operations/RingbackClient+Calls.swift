public import RingbackModel

extension RingbackClient {
    /// Calls a user: all of the user's devices ring.
    ///
    /// If `callee` is calling this user at the same time (glare), that call is accepted instead and
    /// ``RingbackModel/Call/merged`` is true. The call may have ended already, with the reason `busy`.
    ///
    /// - Parameters:
    ///   - callee: The user to call.
    ///   - media: The media to ask for.
    ///   - ringSeconds: How long the call may ring, 10 to 180 seconds; 60 by default.
    ///   - custom: Any JSON of at most ``RingbackModel/Limits/customBytes`` bytes, for the callee.
    ///   - idempotencyKey: Identifies the write if you repeat it; by default a new key.
    /// - Throws: `user_not_found`, `call_self`; `rate_limited` with ``RingbackModel/Limits/outgoingCalls`` unaccepted
    ///   calls.
    public func invite(
        _ callee: UserID, media: Call.Media = Call.Media(), ringSeconds: Int? = nil, custom: JSONText? = nil,
        idempotencyKey: IdempotencyKey? = nil
    ) async throws -> CallHandle {
        let request = APIRequest(.invite) { json in
            json.field("callee", callee.rawValue)
            json.field("media", media)
            json.optionalField("ringSeconds", ringSeconds)
            json.optionalField("custom", custom)
        }
        return CallHandle(try await object(request.with(idempotencyKey), Call.init), client: self)
    }

    /// Calls a user given as a string. See ``invite(_:media:ringSeconds:custom:idempotencyKey:)``.
    ///
    /// - Throws: ``RingbackError/invalidArgument(_:)`` if `callee` is not a valid identifier.
    public func invite(_ callee: String) async throws -> CallHandle { try await invite(Self.user(callee)) }

    /// Creates a handle for a call from an event or a snapshot.
    public func handle(_ call: Call) -> CallHandle { CallHandle(call, client: self) }

    /// A page of the user's calls, newest first.
    ///
    /// - Parameters:
    ///   - state: Only calls in this state.
    ///   - other: Only calls with this user, in either direction.
    ///   - before: The ``Page/next`` of the previous page.
    ///   - limit: The maximum number of calls, 1 to 100; 50 by default.
    /// - Throws: `not_found` if `before` did not come from this user's history.
    public func listCalls(
        _ state: CallFilter? = nil, with other: UserID? = nil, before: String? = nil, limit: Int? = nil
    ) async throws -> Page<Call> {
        try await page(
            APIRequest(.listCalls).with("state", state?.rawValue).with("with", other?.rawValue)
                .with("before", before).with("limit", limit.map(String.init)),
            Call.init)
    }

    /// A call of this user, from any of the user's devices.
    ///
    /// - Throws: `not_found`.
    public func getCall(_ callId: CallID) async throws -> Call {
        try await object(APIRequest(.getCall, callId.rawValue), Call.init)
    }

    /// The timeline of a call: what happened, in order, with time and actor.
    ///
    /// - Throws: `not_found`.
    public func getTimeline(_ callId: CallID) async throws -> [TimelineEntry] {
        try await page(APIRequest(.getTimeline, callId.rawValue), TimelineEntry.init).items
    }

    /// Reports that this device of the callee rings.
    ///
    /// - Throws: `already_accepted`: stop ringing. `invalid_transition`: the call has ended.
    @discardableResult
    public func alerting(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(APIRequest(.alerting, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Accepts the call on this device of the callee. The first device to accept wins.
    ///
    /// - Throws: `already_accepted`: another device was first. `invalid_transition`: the call has ended.
    @discardableResult
    public func accept(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(APIRequest(.accept, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Declines the call on all devices of the callee.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - message: A text for the caller, at most ``RingbackModel/Limits/messageCharacters`` characters.
    ///   - idempotencyKey: Identifies the write if you repeat it; by default a new key.
    /// - Throws: `already_accepted`, `invalid_transition`.
    @discardableResult
    public func decline(
        _ callId: CallID, message: String? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        let request = APIRequest(.decline, callId.rawValue) { $0.optionalField("message", message) }
        return try await object(request.with(idempotencyKey), Call.init)
    }

    /// Cancels a call that has not been accepted, as the caller.
    ///
    /// - Throws: `invalid_transition`: the call has been accepted or has ended.
    @discardableResult
    public func cancel(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(APIRequest(.cancel, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Reports that this device is connected to the other one. For the two participating devices.
    ///
    /// - Throws: `not_accepted`, `invalid_transition`, `not_a_participant`.
    @discardableResult
    public func connected(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(APIRequest(.connected, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Hangs up an accepted call. Before that, the caller cancels or the callee declines.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - reason: `completed`, `ice_failed`, `media_failed` or `unsupported`.
    ///   - idempotencyKey: Identifies the write if you repeat it; by default a new key.
    /// - Throws: `invalid_transition`: the call has not been accepted.
    @discardableResult
    public func hangUp(
        _ callId: CallID, reason: EndReason = .completed, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        let request = APIRequest(.hangUp, callId.rawValue) { $0.field("reason", reason.rawValue) }
        return try await object(request.with(idempotencyKey), Call.init)
    }

    /// Marks a missed call, and all before it, as seen. The user's other devices get ``Event/Kind/seen(until:)``.
    ///
    /// - Throws: `not_found`; `forbidden` for the caller; `invalid_transition` while the call is live.
    public func markSeen(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws {
        _ = try await send(APIRequest(.markSeen, callId.rawValue).with(idempotencyKey))
    }

    /// Ends any call, as an administrator.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - administratorToken: The token that the operator configured with `--admin-token`; not the token of a session.
    /// - Throws: `forbidden`, `not_found`.
    @discardableResult
    public func endCall(_ callId: CallID, administratorToken: String) async throws -> Call {
        var request = APIRequest(.endCall, callId.rawValue)
        request.token = administratorToken
        return try await object(request, Call.init)
    }
}
