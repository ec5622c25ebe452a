import RingbackModel

extension Participant {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(userId: try json.user("userId"), deviceId: try json.device("deviceId"))
    }
}

extension Call {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        let callee = try json.object("callee")
        let media = try json.object("media")
        self.init(
            callId: try json.call("callId"), caller: try Participant(json.object("caller")),
            callee: Callee(
                userId: try callee.user("userId"), deviceId: try callee.optional("deviceId", JSONObject.device)),
            state: try json.word("state"),
            media: Media(audio: try media.bool("audio"), video: try media.bool("video")),
            negotiation: try json.integer("negotiation"), createdAt: try json.time("createdAt"),
            legs: try json.list("legs") { json throws(UnexpectedJSON) in
                CallLeg(
                    deviceId: try json.device("deviceId"), state: try json.word("state"),
                    reason: try json.optional("reason", JSONObject.string))
            },
            participants: try json.list("participants") { json throws(UnexpectedJSON) in
                CallParticipant(
                    userId: try json.user("userId"), deviceId: try json.device("deviceId"),
                    connection: try json.word("connection"), media: try json.optional("media", JSONObject.text))
            })
        if json.has("reason") { reason = try json.word("reason") }
        message = try json.optional("message", JSONObject.string)
        custom = try json.optional("custom", JSONObject.text)
        expiresAt = try json.optional("expiresAt", JSONObject.time)
        ringingAt = try json.optional("ringingAt", JSONObject.time)
        acceptedAt = try json.optional("acceptedAt", JSONObject.time)
        activeAt = try json.optional("activeAt", JSONObject.time)
        endedAt = try json.optional("endedAt", JSONObject.time)
        if json.has("endedBy") { endedBy = try EndedBy(json.object("endedBy")) }
        ringSeconds = try json.optional("ringSeconds", JSONObject.integer)
        talkSeconds = try json.optional("talkSeconds", JSONObject.integer)
        sipStatus = try json.optional("sipStatus", JSONObject.integer)
        merged = try json.optional("merged", JSONObject.bool)
        if json.has("direction") { direction = try json.word("direction") }
        missed = try json.optional("missed", JSONObject.bool)
        seen = try json.optional("seen", JSONObject.bool)
    }
}

extension EndedBy {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(try json.word("kind"))
        userId = try json.optional("userId", JSONObject.user)
        deviceId = try json.optional("deviceId", JSONObject.device)
    }
}

extension LiveCall {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            call: try Call(json), offer: json.has("offer") ? try Description(json.object("offer")) : nil,
            answer: json.has("answer") ? try Description(json.object("answer")) : nil,
            candidates: json.has("candidates") ? try json.list("candidates", StoredCandidate.init) : [])
    }
}
