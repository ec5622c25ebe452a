import CurlTransport
import RingbackModel

extension User {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            userId: try json.user("userId"), displayName: try json.string("displayName"),
            createdAt: try json.time("createdAt"), busy: json.has("busy") ? try json.word("busy") : nil,
            callsFrom: json.has("callsFrom") ? try json.word("callsFrom") : nil,
            doNotDisturb: json.has("doNotDisturb") ? try DoNotDisturb(json.object("doNotDisturb")) : nil)
    }
}

extension Session {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            token: try json.string("token"), userId: try json.user("userId"), deviceId: try json.device("deviceId"),
            deviceName: try json.optional("deviceName", JSONObject.string), createdAt: try json.time("createdAt"),
            expiresAt: try json.time("expiresAt"))
    }
}

extension Device {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            deviceId: try json.device("deviceId"), deviceName: try json.optional("deviceName", JSONObject.string),
            createdAt: try json.time("createdAt"), expiresAt: try json.time("expiresAt"),
            lastSeenAt: try json.optional("lastSeenAt", JSONObject.time), current: try json.bool("current"),
            muted: json.has("muted") ? try json.bool("muted") : false)
    }
}

extension DoNotDisturb {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(until: try json.optional("until", JSONObject.time))
        if json.has("hours") { hours = try Hours(json.object("hours")) }
    }
}

extension DoNotDisturb.Hours {
    fileprivate init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            from: try Self.time(json, "from"), to: try Self.time(json, "to"), timeZone: try json.string("timeZone"))
    }

    private static func time(_ json: JSONObject, _ name: String) throws(UnexpectedJSON) -> TimeOfDay {
        guard let time = TimeOfDay(try json.string(name)) else { throw UnexpectedJSON(path: name) }
        return time
    }
}

extension Presence {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            userId: try json.user("userId"), status: try json.word("status"),
            lastSeenAt: try json.optional("lastSeenAt", JSONObject.time))
    }
}

extension Block {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(userId: try json.user("userId"), createdAt: try json.time("createdAt"))
    }
}

extension Contact {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(userId: try json.user("userId"), createdAt: try json.time("createdAt"))
    }
}

extension TimelineEntry {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        self.init(
            seq: try json.integer("seq"), time: try json.time("time"), what: try json.string("what"),
            actor: json.has("actor") ? try Participant(json.object("actor")) : nil,
            detail: try json.optional("detail", JSONObject.string))
    }
}

extension ServerProblem {
    /// - Returns: `nil` if the response is not a problem of this protocol.
    init?(_ response: CurlResponse) {
        guard response.head.contentType == "application/problem+json",
            let json = try? JSONObject(parsing: response.body)
        else { return nil }
        self.init(json, retryAfter: response.head.retryAfter)
        status = response.head.status
    }

    init?(_ json: JSONObject, retryAfter: Duration?) {
        guard let code = try? json.string("code"), let status = try? json.integer("status") else { return nil }
        codeName = String(code.prefix(100))
        self.status = status
        title = String(((try? json.string("title")) ?? code).prefix(500))
        detail = String(((try? json.string("detail")) ?? "").prefix(2000))
        isRetryable = (try? json.bool("retryable")) ?? Problem.Code(rawValue: code)?.isRetryable ?? false
        callState = try? json.word("callState")
        errors =
            (try? json.list("errors") { json throws(UnexpectedJSON) in
                Problem.FieldError(field: try json.string("field"), message: try json.string("message"))
            }) ?? []
        self.retryAfter = retryAfter
    }
}
