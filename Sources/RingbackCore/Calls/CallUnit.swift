import RingbackModel

/// One call in one transaction: applies commands and carries out what follows from them.
struct CallUnit {
    /// What the command carries for the others, and the machine does not look at.
    enum Payload {
        case none
        case description(Description)
        case candidates([JSONText], negotiation: Int?)
        case media(JSONText)
    }

    let store: any StoreWriter
    var call: CallState
    let now: Timestamp
    let timing: CallTiming
    /// The call's JSON, once for all that tells it as it is now.
    private var encoded: [UInt8]?

    init(store: any StoreWriter, call: CallState, now: Timestamp, timing: CallTiming) {
        self.store = store
        self.call = call
        self.now = now
        self.timing = timing
    }

    var location: String { "/v1/calls/\(call.id)" }

    /// Answers with the call as it is now.
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

    /// Does what time alone does.
    mutating func advance() throws {
        let before = call
        let transition = call.advance(to: now, timing: timing)
        if call != before { try carryOut(transition) }
    }

    /// - Throws: ``CallRefusal``; nothing has changed then.
    mutating func apply(_ command: CallCommand, by actor: Participant, key: WriteKey? = nil, payload: Payload = .none)
        throws
    {
        let before = call
        let transition = try call.apply(command, by: actor, at: now, key: key)
        if call != before { try carryOut(transition, payload, key: key) }
    }

    /// Saves the call, its timeline and its events, the first of them with the key of the command.
    mutating func carryOut(_ transition: Transition, _ payload: Payload = .none, key: WriteKey? = nil) throws {
        encoded = nil
        let deadline = call.deadline(timing: timing)
        if transition.isRetold, call.isLive {
            try store.hold(call, deadline: deadline)
        } else {
            try store.save(call, deadline: deadline)
        }
        try store.append(transition.timeline, to: call.id)
        var key = key
        for notice in transition.notices {
            let data = data(notice.content, payload)
            let event = EventBody(
                type: notice.type, time: now, callId: call.id, callSeq: notice.callSeq, actor: notice.actor,
                reservingCapacity: data.count, data: data.write)
            try store.append(event, to: notice.audiences, key: key)
            key = nil
        }
    }

    /// What an event tells, and about how many bytes of JSON it is.
    private mutating func data(
        _ content: Transition.Content, _ payload: Payload
    ) -> (count: Int, write: (inout JSONWriter) -> Void) {
        switch (content, payload) {
        case (.call, _):
            let call = json()
            return (call.count, { $0.field("call", JSONText(unchecked: call)) })
        case (.stopped(let reason), _):
            let call = json()
            return (
                call.count,
                { json in
                    json.field("call", JSONText(unchecked: call))
                    json.field("reason", reason.rawValue)
                }
            )
        case (.connection(let connection), _): return (32, { $0.field("connection", connection.rawValue) })
        case (.description, .description(let description)):
            return (description.expectedSize, { description.writeMembers(to: &$0) })
        case (.candidates, .candidates(let candidates, let negotiation)):
            return (
                candidates.reduce(64) { $0 + $1.utf8.count },
                { json in
                    json.optionalField("negotiation", negotiation)
                    json.name("candidates")
                    json.array { json in
                        for candidate in candidates { json.raw(candidate.utf8) }
                    }
                }
            )
        case (.media, .media(let media)): return (media.utf8.count, { $0.field("media", media) })
        case (.description, _), (.candidates, _), (.media, _):
            preconditionFailure("a command's notices carry the command's own payload")
        }
    }
}
