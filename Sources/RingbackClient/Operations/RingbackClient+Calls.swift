public import RingbackModel

extension RingbackClient {
    /// Calls somebody: rings all of their devices.
    ///
    /// A call that the callee is having here at this moment is answered instead (glare): ``RingbackModel/Call/merged`` is
    /// true then. It may come back ended already, as `busy`.
    ///
    /// - Parameters:
    ///   - callee: Whom to ring.
    ///   - media: What is to be sent.
    ///   - ringSeconds: 10 to 180; 60 by default.
    ///   - custom: Any JSON up to ``RingbackModel/Limits/customBytes``, for the other side.
    ///   - idempotencyKey: One for all tries of one write; by default a new one.
    /// - Throws: `user_not_found`, `call_self`.
    public func invite(
        _ callee: UserID, media: Call.Media = Call.Media(), ringSeconds: Int? = nil, custom: JSONText? = nil,
        idempotencyKey: IdempotencyKey? = nil
    ) async throws -> CallHandle {
        let request = OperationRequest(.invite) { json in
            json.field("callee", callee.rawValue)
            json.field("media", media)
            json.optionalField("ringSeconds", ringSeconds)
            json.optionalField("custom", custom)
        }
        return CallHandle(try await object(request.with(idempotencyKey), Call.init), client: self)
    }

    /// ``invite(_:media:ringSeconds:custom:idempotencyKey:)`` for a literal name.
    public func invite(_ callee: String) async throws -> CallHandle { try await invite(Self.user(callee)) }

    /// A handle for a call that an event or a snapshot brought.
    public func handle(_ call: Call) -> CallHandle { CallHandle(call, client: self) }

    /// A page of one's own calls, newest first.
    ///
    /// - Parameters:
    ///   - state: Only calls in this state.
    ///   - other: Only calls with this user, whoever called.
    ///   - before: The ``Page/next`` of the page before.
    ///   - limit: 1 to 100; 50 by default.
    /// - Throws: `not_found` for a `before` that this user was not given.
    public func listCalls(
        _ state: CallFilter? = nil, with other: UserID? = nil, before: String? = nil, limit: Int? = nil
    ) async throws -> Page<Call> {
        try await page(
            OperationRequest(.listCalls).with("state", state?.rawValue).with("with", other?.rawValue)
                .with("before", before).with("limit", limit.map(String.init)),
            Call.init)
    }

    /// A call, for every device of the caller and of the callee.
    ///
    /// - Throws: `not_found`.
    public func getCall(_ callId: CallID) async throws -> Call {
        try await object(OperationRequest(.getCall, callId.rawValue), Call.init)
    }

    /// What happened in a call, in order, with who did it and when.
    public func getTimeline(_ callId: CallID) async throws -> [TimelineEntry] {
        try await page(OperationRequest(.getTimeline, callId.rawValue), TimelineEntry.init).items
    }

    /// Reports that this device rings. For the callee.
    ///
    /// - Throws: `already_accepted`: stop ringing. `invalid_transition`: the call has ended.
    @discardableResult
    public func alerting(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(OperationRequest(.alerting, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Accepts the call. For the callee; the first device wins.
    ///
    /// - Throws: `already_accepted`: another device was faster. `invalid_transition`: the call has ended.
    @discardableResult
    public func accept(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(OperationRequest(.accept, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Declines the call on all of the user's devices. For the callee.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - message: For the caller, at most ``RingbackModel/Limits/messageCharacters``.
    ///   - idempotencyKey: One for all tries of one write; by default a new one.
    /// - Throws: `already_accepted`, `invalid_transition`.
    @discardableResult
    public func decline(
        _ callId: CallID, message: String? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        let request = OperationRequest(.decline, callId.rawValue) { $0.optionalField("message", message) }
        return try await object(request.with(idempotencyKey), Call.init)
    }

    /// Cancels the call before it is accepted. For the caller.
    ///
    /// - Throws: `invalid_transition`: it was accepted meanwhile, or has ended.
    @discardableResult
    public func cancel(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(OperationRequest(.cancel, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Reports that media flow. For the two devices that take part.
    @discardableResult
    public func connected(_ callId: CallID, idempotencyKey: IdempotencyKey? = nil) async throws -> Call {
        try await object(OperationRequest(.connected, callId.rawValue).with(idempotencyKey), Call.init)
    }

    /// Hangs up, once the call was accepted. Before that the caller cancels and the callee declines.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - reason: `completed`, `ice_failed`, `media_failed` or `unsupported`.
    ///   - idempotencyKey: One for all tries of one write; by default a new one.
    /// - Throws: `invalid_transition`: the call was not accepted.
    @discardableResult
    public func hangUp(
        _ callId: CallID, reason: EndReason = .completed, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Call {
        let request = OperationRequest(.hangUp, callId.rawValue) { $0.field("reason", reason.rawValue) }
        return try await object(request.with(idempotencyKey), Call.init)
    }

    /// Ends any call, as an administrator.
    ///
    /// - Parameters:
    ///   - callId: The call.
    ///   - administratorToken: What the operator has set at the server's start; not a session's token.
    /// - Throws: `forbidden`, `not_found`.
    @discardableResult
    public func endCall(_ callId: CallID, administratorToken: String) async throws -> Call {
        var request = OperationRequest(.endCall, callId.rawValue)
        request.token = administratorToken
        return try await object(request, Call.init)
    }
}
