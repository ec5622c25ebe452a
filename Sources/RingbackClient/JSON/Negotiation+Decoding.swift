import RingbackModel

extension Description {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        let description = try json.object("description")
        // The SDP must be a string. It is kept as JSON.
        _ = try description.string("sdp")
        self.init(
            callId: try json.call("callId"), negotiation: try json.integer("negotiation"),
            kind: try description.word("type"), sdp: try description.text("sdp"),
            iceRestart: try json.optional("iceRestart", JSONObject.bool) ?? false,
            from: try Participant(json.object("from")), createdAt: try json.time("createdAt"))
    }
}

extension StoredCandidate {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        _ = try ICECandidate(json.object("candidate"))
        self.init(
            position: try json.integer("position"), from: try Participant(json.object("from")),
            negotiation: try json.optional("negotiation", JSONObject.integer),
            candidate: try json.text("candidate"), createdAt: try json.time("createdAt"))
    }
}

extension ICECandidate {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            candidate: try json.string("candidate"), sdpMid: try json.optional("sdpMid", JSONObject.string),
            sdpMLineIndex: try json.optional("sdpMLineIndex", JSONObject.integer),
            usernameFragment: try json.optional("usernameFragment", JSONObject.string))
    }
}

extension MediaState {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init()
        for name in json.names {
            if name == "held" {
                isHeld = try json.bool(name)
            } else if let track = try? json.object(name) {
                tracks[name] = Track(kind: try track.word("kind"), isMuted: try track.bool("muted"))
            }
        }
    }
}
