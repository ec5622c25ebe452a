public import RingbackModel

/// Something that happened to the user or to the connection.
public struct Event: Sendable, Hashable {
    /// What happened, with the data of the event.
    public enum Kind: Sendable, Hashable {
        /// The live calls of the user. Discard earlier state and continue from these calls.
        ///
        /// The first event, after ``connection(_:)``, of a sequence that begins without a cursor. Delivered again when
        /// a cursor has expired.
        case snapshot([LiveCall])
        /// The connection to the server was established or lost.
        case connection(ConnectionChange)
        /// Somebody calls the user. Respond with ``CallHandle/alerting(idempotencyKey:)``, unless this device is one of
        /// ``Event/mutedDevices``.
        case incoming(Call)
        /// A device of the callee rings: play the ringback tone.
        case ringing(Call)
        /// A device of the callee has accepted. The caller sends its offer now.
        case accepted(Call)
        /// The call is active: the devices have reported that they are connected.
        case active(Call)
        /// The call has ended; ``RingbackModel/Call/reason`` says why.
        case ended(Call)
        /// Another device of the user has marked the missed calls until a time as seen.
        case seen(until: Timestamp)
        /// Stop ringing on this device: another device of the user has accepted or declined the call.
        case stopped(Call)
        /// An offer from the other side.
        case offer(Description)
        /// An answer from the other side.
        case answer(Description)
        /// Candidates from the other side, in order, and the negotiation they belong to.
        case candidates([ICECandidate], negotiation: Int?)
        /// The other side has changed its media state.
        case media(MediaState)
        /// The server has lost contact with the other side's device, or has it again.
        case participant(CallParticipant.Connection)
        /// The presence of a watched user has changed.
        case presence(Presence)
        /// An event whose type, or whose data, this version does not know. Ignore it.
        case unknown(type: String, data: JSONText)
    }

    /// What happened, with the data of the event.
    public var kind: Kind
    /// The position to continue from after this event was handled; `nil` before the first connection.
    public var cursor: Cursor?
    /// The same for every delivery of the event; `nil` for events that are not in the log.
    public var id: String?
    /// When it happened, by the server's clock.
    public var time: Timestamp?
    /// The age of the event at delivery, by the server's clock.
    public var age: Duration?
    /// The call that the event belongs to.
    public var callId: CallID?
    /// The number of the event among all events of its call, including those for other devices.
    public var callSeq: Int?
    /// The device that caused the event, as verified by the server; `nil` if the server caused it.
    public var actor: Participant?
    /// With ``Kind/incoming(_:)``, the user's devices that must not ring.
    public var mutedDevices: [DeviceID] = []
}

/// A transport for events.
public enum Transport: String, Sendable, Hashable, CaseIterable, Codable {
    /// A WebSocket (RFC 6455).
    case webSocket = "websocket"
    /// A stream of server-sent events (WHATWG HTML, section 9.2).
    case sse
    /// Long polls: one request after another, each waiting for events.
    case longPoll = "longpoll"
}

/// A change of the connection.
public enum ConnectionChange: Sendable, Hashable {
    /// Events are received over this transport from now on. None is missing.
    case connected(Transport)
    /// The connection failed and is retried after `retryAfter`. No event is lost.
    case lost(Transport, RingbackError, retryAfter: Duration)
}
