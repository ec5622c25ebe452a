/// A STUN or TURN server, an `RTCIceServer` (W3C WebRTC).
public struct ICEServer: Sendable, Hashable {
    /// The URLs (RFC 7064, RFC 7065), such as `turn:turn.example.org:3478?transport=udp`.
    public var urls: [String]
    /// The time at which the credential expires (Unix time) and the user, separated by a colon.
    public var username: String?
    /// The password for the username.
    public var credential: String?
}

/// The STUN and TURN servers for a call, and the lifetime of their credentials.
public struct ICEServers: Sendable, Hashable {
    /// The servers; empty if the operator has configured none.
    public var servers: [ICEServer]
    /// How long the credentials are valid.
    public var timeToLive: Duration
}

extension ICEServers {
    init(_ json: JSONObject) throws(UnexpectedJSON) {
        servers = try json.list("iceServers") { json throws(UnexpectedJSON) in
            guard let urls = try json.slice("urls").elements?.map(\.string), !urls.contains(nil) else {
                throw UnexpectedJSON(path: "iceServers.urls")
            }
            return ICEServer(
                urls: urls.compactMap { $0 }, username: try json.optional("username", JSONObject.string),
                credential: try json.optional("credential", JSONObject.string))
        }
        timeToLive = .seconds(Int64(clamping: try json.integer("ttlSeconds")))
    }
}
