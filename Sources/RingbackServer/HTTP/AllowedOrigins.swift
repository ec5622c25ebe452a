import RingbackModel

/// The origins (RFC 6454) whose pages may use the API.
struct AllowedOrigins: Sendable {
    private let origins: [String]

    /// - Parameter origins: Serialized as browsers send them; `*` allows all.
    init(_ origins: [String]) { self.origins = origins }

    var isEmpty: Bool { origins.isEmpty }

    /// Whether pages of this origin may use the API.
    func contains(_ origin: String) -> Bool {
        origins.contains { $0.hasSameBytes(as: "*") || $0.hasSameBytes(as: origin) }
    }

    /// Checks that a page may open a socket or stream. CORS does not prevent it: a browser opens a WebSocket for pages
    /// of any origin.
    ///
    /// - Parameters:
    ///   - origin: `nil` for a client that is not a page.
    ///   - host: The server's name and port as the client knows them.
    /// - Throws: ``Problem`` `forbidden`.
    func check(_ origin: String?, host: String?) throws(Problem) {
        guard let origin, !contains(origin), !Self.isSame(origin, host) else { return }
        throw Problem(
            .forbidden,
            "The origin \(origin.prefix(200)) is not allowed. Allowed origins are set with --allowed-origins."
        )
    }

    /// Whether host and port of an origin match a `Host` field (RFC 9110, section 7.2). The scheme is ignored, because
    /// it is `http` behind a proxy that terminates TLS. So is the port if the field has none, because many proxies omit
    /// it.
    private static func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host, let ours = Authority(host[...]),
            let start = ["http://", "https://"].first(where: origin.hasPrefix),
            let theirs = Authority(origin.dropFirst(start.count)), theirs.host == ours.host
        else { return false }
        let standard: Substring = start == "https://" ? "443" : "80"
        return ours.port == nil || ours.port == (theirs.port ?? standard)
    }

    /// A host, with IPv6 addresses in brackets, and an optional port.
    private struct Authority {
        let host: String
        let port: Substring?

        init?(_ text: Substring) {
            let colon = text.lastIndex(of: ":").flatMap { text[$0...].contains("]") ? nil : $0 }
            host = text[..<(colon ?? text.endIndex)].lowercased()
            port = colon.map { text[text.index(after: $0)...] }
            if host.isEmpty { return nil }
        }
    }
}
