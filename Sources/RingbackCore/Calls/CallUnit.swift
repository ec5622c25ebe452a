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

    /// Does what time alone does.
    mutating func advance() throws {
        let transition = call.advance(to: now, timing: timing)
        if transition != Transition() { try carryOut(transition) }
    }

    /// - Throws: ``CallRefusal``; nothing has changed then.
    mutating func apply(_ command: CallCommand, by actor: Participant, payload: Payload = .none) throws {
        let before = call
        let transition = try call.apply(command, by: actor, at: now)
        if call != before { try carryOut(transition, payload) }
    }

    /// Saves the call, its timeline and its events.
    func carryOut(_ transition: Transition, _ payload: Payload = .none) throws {
        let deadline = call.deadline(timing: timing)
        if transition.isRetold {
            try store.hold(call, deadline: deadline)
        } else {
            try store.save(call, deadline: deadline)
        }
        try store.append(transition.timeline, to: call.id)
        for notice in transition.notices {
            let event = EventBody(
                type: notice.type, time: now, callId: call.id, callSeq: notice.callSeq, actor: notice.actor
            ) { json in
                write(notice.content, payload, to: &json)
            }
            try store.append(event, to: notice.audiences)
        }
    }

    private func write(_ content: Transition.Content, _ payload: Payload, to json: inout JSONWriter) {
        switch (content, payload) {
        case (.call, _): json.field("call", call.call)
        case (.stopped(let reason), _):
            json.field("call", call.call)
            json.field("reason", reason.rawValue)
        case (.connection(let connection), _): json.field("connection", connection.rawValue)
        case (.description, .description(let description)): description.writeMembers(to: &json)
        case (.candidates, .candidates(let candidates, let negotiation)):
            json.optionalField("negotiation", negotiation)
            json.name("candidates")
            json.array(candidates) { $0.raw($1.utf8) }
        case (.media, .media(let media)): json.field("media", media)
        case (.description, _), (.candidates, _), (.media, _):
            preconditionFailure("a command's notices carry the command's own payload")
        }
    }
}
