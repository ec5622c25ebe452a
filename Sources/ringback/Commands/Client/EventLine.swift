import RingbackClient
import RingbackModel

/// An event as one line, for people or for programs.
enum EventLine {
    static func words(_ event: Event) -> String {
        let time =
            event.time.map { Terminal.paint(String($0.description.dropFirst(11).dropLast()), .faint) + " " } ?? ""
        return time + text(event)
    }

    private static func text(_ event: Event) -> String {
        let who = event.actor.map { $0.userId.description } ?? "the server"
        return switch event.kind {
        case .snapshot(let calls): "\(calls.count) live \(calls.count == 1 ? "call" : "calls")"
        case .connection(.connected(let transport)): Terminal.paint("connected over \(transport.rawValue)", .green)
        case .connection(.lost(let transport, let error, let delay)):
            Terminal.paint(
                "lost \(transport.rawValue): \(Terminal.clean("\(error)")); trying again in \(delay.milliseconds) ms",
                .red)
        case .incoming(let call): Terminal.paint("\(call.caller.userId) calls", .bold) + suffix(call)
        case .ringing(let call): "\(call.callee.userId)'s device rings" + suffix(call)
        case .accepted(let call): "\(call.callee.userId) has accepted" + suffix(call)
        case .active(let call): "media flow" + suffix(call)
        case .ended(let call):
            "the call has ended: \(call.reason?.rawValue ?? "?")"
                + (call.message.map { " “\(Terminal.clean($0))”" } ?? "") + suffix(call)
        case .stopped(let call): "stop ringing" + suffix(call)
        case .seen: "missed calls were seen elsewhere"
        case .offer(let offer): "\(who) sends offer \(offer.negotiation)"
        case .answer(let answer): "\(who) sends answer \(answer.negotiation)"
        case .candidates(let candidates, _):
            "\(who) sends \(candidates.count) \(candidates.count == 1 ? "candidate" : "candidates")"
        case .media(let media):
            "\(who): "
                + media.tracks.sorted { $0.key < $1.key }
                .map { "\(Terminal.clean($0.key)) \($0.value.isMuted ? "muted" : "on")" }.joined(separator: ", ")
        case .participant(let connection): "\(who) is \(connection.rawValue)"
        case .presence(let presence): "\(presence.userId) is \(presence.status.rawValue)"
        case .unknown(let type, _): "unknown event: \(Terminal.clean(type))"
        }
    }

    private static func suffix(_ call: Call) -> String { Terminal.paint("  \(call.callId)", .faint) }

    /// One JSON object with `type`, the common members of events, and `data` as the server sent it.
    static func json(_ event: Event) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("type", type(event.kind))
            json.optionalField("cursor", event.cursor?.description)
            json.optionalField("id", event.id)
            json.optionalField("time", event.time)
            json.optionalField("callId", event.callId?.rawValue)
            json.optionalField("callSeq", event.callSeq)
            json.optionalField("actor", event.actor)
            json.name("data")
            if case .unknown(_, let data) = event.kind {
                json.raw(data.utf8)
            } else {
                json.object { write(event.kind, to: &$0) }
            }
        }
        return String(decoding: json.finish(), as: UTF8.self)
    }

    private static func type(_ kind: Event.Kind) -> String {
        let type: EventType
        switch kind {
        case .snapshot: return "snapshot"
        case .connection: return "connection"
        case .unknown(let type, _): return type
        case .incoming: type = .callIncoming
        case .ringing: type = .callRinging
        case .accepted: type = .callAccepted
        case .active: type = .callActive
        case .ended: type = .callEnded
        case .stopped: type = .callStopped
        case .seen: type = .callSeen
        case .offer: type = .callOffer
        case .answer: type = .callAnswer
        case .candidates: type = .callCandidates
        case .media: type = .callMedia
        case .participant: type = .callParticipant
        case .presence: type = .presence
        }
        return type.rawValue
    }

    private static func write(_ kind: Event.Kind, to json: inout JSONWriter) {
        switch kind {
        case .snapshot(let calls): json.field("calls", calls.map(\.call))
        case .connection(.connected(let transport)):
            json.field("state", "connected")
            json.field("transport", transport.rawValue)
        case .connection(.lost(let transport, let error, let delay)):
            json.field("state", "lost")
            json.field("transport", transport.rawValue)
            json.field("reason", "\(error)")
            json.field("retryAfterMs", Int(delay.milliseconds))
        case .incoming(let call), .ringing(let call), .accepted(let call), .active(let call), .ended(let call),
            .stopped(let call):
            json.field("call", call)
        case .offer(let description), .answer(let description): description.writeMembers(to: &json)
        case .candidates(let candidates, let negotiation):
            json.optionalField("negotiation", negotiation)
            json.field("candidates", candidates)
        case .media(let media): json.field("media", media)
        case .participant(let connection): json.field("connection", connection.rawValue)
        case .presence(let presence): presence.writeMembers(to: &json)
        case .seen(let until): json.field("until", until)
        case .unknown: break
        }
    }
}
