extension Participant: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("userId", userId.rawValue)
            json.field("deviceId", deviceId.rawValue)
        }
    }
}

extension Call: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { writeMembers(to: &$0) }
    }

    /// Writes the members without the surrounding braces, for objects that add members of their own.
    package func writeMembers(to json: inout JSONWriter) {
        json.field("callId", callId.rawValue)
        json.field("caller", caller)
        json.field("callee", callee)
        json.field("state", state.rawValue)
        json.optionalField("reason", reason?.rawValue)
        json.optionalField("message", message)
        json.field("media", media)
        json.optionalField("custom", custom)
        json.field("negotiation", negotiation)
        json.field("createdAt", createdAt)
        json.optionalField("expiresAt", expiresAt)
        json.optionalField("ringingAt", ringingAt)
        json.optionalField("acceptedAt", acceptedAt)
        json.optionalField("activeAt", activeAt)
        json.optionalField("endedAt", endedAt)
        json.optionalField("endedBy", endedBy)
        json.optionalField("ringSeconds", ringSeconds)
        json.optionalField("talkSeconds", talkSeconds)
        json.optionalField("sipStatus", sipStatus)
        json.field("legs", legs)
        json.field("participants", participants)
        if let merged { json.field("merged", merged) }
        json.optionalField("direction", direction?.rawValue)
        if let missed { json.field("missed", missed) }
        if let seen { json.field("seen", seen) }
    }
}

extension Call.Callee: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("userId", userId.rawValue)
            json.optionalField("deviceId", deviceId?.rawValue)
        }
    }
}

extension Call.Media: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("audio", audio)
            json.field("video", video)
        }
    }
}

extension CallLeg: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("deviceId", deviceId.rawValue)
            json.field("state", state.rawValue)
            json.optionalField("reason", reason)
        }
    }
}

extension CallParticipant: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("userId", userId.rawValue)
            json.field("deviceId", deviceId.rawValue)
            json.field("connection", connection.rawValue)
            json.optionalField("media", media)
        }
    }
}

extension EndedBy: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("kind", kind.rawValue)
            json.optionalField("userId", userId?.rawValue)
            json.optionalField("deviceId", deviceId?.rawValue)
        }
    }
}
