import RingbackModel

/// One call in one decision. Applies commands and collects their effects.
struct CallTransaction {
    /// The payload of a command, which the state machine does not inspect: the members of the event's `data`.
    struct Content {
        /// An estimate of the length of the JSON in bytes.
        var size: Int
        var write: (inout JSONWriter) -> Void

        static var none: Content { Content(size: 0) { _ in } }
    }

    private(set) var call: CallState
    private(set) var changes: [CallChange] = []
    let now: Timestamp
    let timing: CallTiming
    private let isNew: Bool
    /// The JSON of the current call, encoded once for all events that contain it.
    private var encoded: [UInt8]?

    init(_ call: CallState, isNew: Bool = false, at now: Timestamp, timing: CallTiming) {
        self.call = call
        self.isNew = isNew
        self.now = now
        self.timing = timing
    }

    /// The URL path of the call, for `Location`.
    var location: String { "/v1/calls/\(call.id)" }

    /// The answer with the current call.
    mutating func answer(_ status: Int, location: String? = nil) -> Answer {
        Answer(status, body: json(), location: location)
    }

    private mutating func json() -> [UInt8] {
        if let encoded { return encoded }
        var json = JSONWriter(reservingCapacity: 1024)
        call.call.write(to: &json)
        let new = json.finish()
        encoded = new
        return new
    }

    /// Applies the effects of time.
    mutating func advance() {
        let (now, timing) = (now, timing)
        change { $0.advance(to: now, timing: timing) }
    }

    /// - Throws: ``CallRefusal``, in which case nothing has changed.
    mutating func apply(
        _ command: CallCommand, by actor: Participant, key: WriteKey? = nil, content: Content = .none
    ) throws(CallRefusal) {
        let before = call
        let transition = try call.apply(command, by: actor, at: now, key: key)
        if call != before { record(transition, content, key: key) }
    }

    /// Changes the call other than by a command.
    mutating func change(_ body: (inout CallState) -> Transition) {
        let before = call
        let transition = body(&call)
        if call != before { record(transition) }
    }

    /// Collects a change that has been applied to the call.
    mutating func record(_ transition: Transition, _ content: Content = .none, key: WriteKey? = nil) {
        encoded = nil
        var events: [CallEvent] = []
        events.reserveCapacity(transition.notices.count)
        for notice in transition.notices {
            let data = data(notice.content, content)
            let body = EventBody(
                type: notice.type, time: now, callId: call.id, callSeq: notice.callSeq, actor: notice.actor,
                reservingCapacity: data.size, data: data.write)
            events.append(CallEvent(body, to: notice.audiences))
        }
        changes.append(
            CallChange(
                call: call, isNew: isNew && changes.isEmpty, deadline: call.deadline(timing: timing),
                timeline: transition.timeline, events: events, key: key, messages: messages(for: transition)))
    }

    /// Adds messages to the last change.
    mutating func send(_ messages: [OutboxMessage]) { changes[changes.count - 1].messages += messages }

    /// Adds to the last change how far the callee has seen the missed calls.
    mutating func seen(until time: Timestamp) { changes[changes.count - 1].seenUntil = time }

    /// Collects only the deadline, for a store that knows no more than that the call is live.
    mutating func recordDeadline() {
        changes.append(CallChange(call: call, deadline: call.deadline(timing: timing)))
    }

    /// Collects the quality summary of a participant.
    mutating func report(_ quality: QualityReport) {
        changes.append(CallChange(call: call, deadline: call.deadline(timing: timing), quality: quality))
    }

    private mutating func data(_ content: Transition.Content, _ own: Content) -> Content {
        switch content {
        case .call:
            let call = json()
            return Content(size: call.count) { $0.field("call", JSONText(unchecked: call)) }
        case .incoming:
            let call = json()
            return Content(size: call.count + own.size) { json in
                json.field("call", JSONText(unchecked: call))
                own.write(&json)
            }
        case .stopped(let reason):
            let call = json()
            return Content(size: call.count) { json in
                json.field("call", JSONText(unchecked: call))
                json.field("reason", reason.rawValue)
            }
        case .connection(let connection): return Content(size: 32) { $0.field("connection", connection.rawValue) }
        case .seen:
            let createdAt = call.createdAt
            return Content(size: 40) { $0.field("until", createdAt) }
        case .description, .candidates, .media: return own
        }
    }
}
