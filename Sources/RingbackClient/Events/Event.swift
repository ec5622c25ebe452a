public import RingbackModel

/// What happened to the user, or to the connection.
public struct Event: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// The current state. Discard what was known before and begin from these calls.
        ///
        /// It comes first when a sequence begins without a cursor, and again when the cursor was gone.
        case snapshot([LiveCall])
        /// The connection to the server is up, over this transport, or was lost.
        case connection(ConnectionChange)
        /// Somebody calls. Answer with ``CallHandle/alerting(idempotencyKey:)``.
        case incoming(Call)
        /// A device of the callee rings: play the ringback tone.
        case ringing(Call)
        /// A device of the callee has picked up; the caller sends its offer now.
        case accepted(Call)
        /// Media flow.
        case active(Call)
        /// The call is over; its ``RingbackModel/Call/reason`` says why.
        case ended(Call)
        /// Stop ringing on this device; another one of this user has the call, or declined it.
        case stopped(Call)
        /// The other side's offer.
        case offer(Description)
        /// The other side's answer.
        case answer(Description)
        /// The other side's candidates, in their order, and the negotiation they belong to.
        case candidates([ICECandidate], negotiation: Int?)
        /// The other side has muted, shown or held something.
        case media(MediaState)
        /// The server has lost the other side's signaling connection, or it is back.
        case participant(CallParticipant.Connection)
        /// A watched user came, went, or is in a call.
        case presence(Presence)
        /// A type, or a shape, that this version does not know. Ignore what you don't know either.
        case unknown(type: String, data: JSONText)
    }

    /// What happened.
    public var kind: Kind
    /// Where to go on from, once this was dealt with; `nil` before the first connection.
    public var cursor: Cursor?
    /// The same whenever the event is delivered again; `nil` for what is not in the log.
    public var id: String?
    /// When it happened, by the server's clock.
    public var time: Timestamp?
    /// How old it was at delivery, by the server's clock.
    public var age: Duration?
    /// The call that it is about.
    public var callId: CallID?
    /// Counts all events of the call, those for other devices too.
    public var callSeq: Int?
    /// Who did it, as verified by the server; `nil` when it was the server itself.
    public var actor: Participant?
}

/// How events reach a client.
public enum Transport: String, Sendable, Hashable, CaseIterable, Codable {
    /// A WebSocket (RFC 6455).
    case webSocket = "websocket"
    /// A stream of server-sent events.
    case sse
    /// One request after the other, each waiting for what comes.
    case longPoll = "longpoll"
}

/// What became of the connection.
public enum ConnectionChange: Sendable, Hashable {
    /// Events come over this transport from now on, and none is missing.
    case connected(Transport)
    /// The connection failed, and is tried again after a while. Nothing is lost.
    case lost(Transport, RingbackError, retryAfter: Duration)
}
