import RingbackModel

extension Event {
    /// The maximum length of an event's id in bytes. Thousands of ids are kept in memory.
    private static let idBytes = 200

    /// Decodes an event. Unknown types, and data that does not have the expected shape, become
    /// ``Kind/unknown(type:data:)``.
    ///
    /// - Throws: ``UnexpectedJSON`` if the cursor, the id or the type is missing, or the id is too long.
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        guard let cursor = Cursor(try json.string("cursor")) else { throw UnexpectedJSON(path: "cursor") }
        let id = try json.string("id")
        guard id.utf8.count <= Self.idBytes else { throw UnexpectedJSON(path: "id") }
        let type = try json.string("type")
        let data = try json.slice("data")
        self.init(
            kind: (try? Kind(type, JSONObject(data, path: "data"))) ?? .unknown(type: type, data: data.text),
            cursor: cursor, id: id, time: try? json.time("time"),
            age: (try? json.integer("ageMs")).map { .milliseconds($0) }, callId: try? json.call("callId"),
            callSeq: try? json.integer("callSeq"), actor: try? Participant(json.object("actor")))
        mutedDevices = data["mutedDevices"]?.elements?.compactMap { $0.string.flatMap { DeviceID($0) } } ?? []
    }
}

extension Event.Kind {
    /// - Returns: `nil` if this version does not know the type.
    fileprivate init?(_ type: String, _ data: JSONObject) throws(UnexpectedJSON) {
        func call() throws(UnexpectedJSON) -> Call { try Call(data.object("call")) }
        switch EventType(rawValue: type) {
        case .callIncoming: self = .incoming(try call())
        case .callRinging: self = .ringing(try call())
        case .callAccepted: self = .accepted(try call())
        case .callActive: self = .active(try call())
        case .callEnded: self = .ended(try call())
        case .callSeen: self = .seen(until: try data.time("until"))
        case .callStopped: self = .stopped(try call())
        case .callOffer: self = .offer(try Description(data))
        case .callAnswer: self = .answer(try Description(data))
        case .callCandidates:
            self = .candidates(
                try data.list("candidates", ICECandidate.init),
                negotiation: try data.optional("negotiation", JSONObject.integer))
        case .callMedia: self = .media(try MediaState(data.object("media")))
        case .callParticipant: self = .participant(try data.word("connection"))
        case .presence: self = .presence(try Presence(data))
        case nil: return nil
        }
    }
}

/// The first message over a stream or a socket.
struct Welcome {
    var cursor: Cursor
    var calls: [LiveCall]?

    init(_ json: JSONObject) throws(UnexpectedJSON) {
        let data = try json.object("data")
        guard let cursor = Cursor(try data.string("cursor")) else { throw UnexpectedJSON(path: "data.cursor") }
        self.cursor = cursor
        calls = data.has("calls") ? try data.list("calls", LiveCall.init) : nil
    }
}

extension EventsPage {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        guard let cursor = Cursor(try json.string("cursor")) else { throw UnexpectedJSON(path: "cursor") }
        self.cursor = cursor
        events = try json.list("events", Event.init)
        calls = json.has("calls") ? try json.list("calls", LiveCall.init) : nil
    }
}
