/// A STUN or TURN server: the W3C's `RTCIceServer`.
public struct ICEServer: Sendable, Hashable {
    /// As in `turn:turn.example.org:3478?transport=udp` (RFC 7064, RFC 7065).
    public var urls: [String]
    /// When the credential runs out (Unix time), and whose it is.
    public var username: String?
    /// The password that goes with it.
    public var credential: String?
}

/// The servers for one call's connection, and how long their credentials are good.
public struct ICEServers: Sendable, Hashable {
    /// None if the operator has configured none.
    public var servers: [ICEServer]
    /// How long the credentials can be used to begin a connection.
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
