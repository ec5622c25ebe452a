import RingbackModel

/// The origins (RFC 6454) whose pages may use the API.
struct AllowedOrigins: Sendable {
    private let origins: [String]

    /// - Parameter origins: As browsers send them; `*` for all.
    init(_ origins: [String]) { self.origins = origins }

    var isEmpty: Bool { origins.isEmpty }

    /// Whether a page of this origin may use the API of another.
    func contains(_ origin: String) -> Bool {
        origins.contains { $0.hasSameBytes(as: "*") || $0.hasSameBytes(as: origin) }
    }

    /// Refuses a socket or stream to a page of another origin that is not allowed. CORS does not: a browser opens a WebSocket
    /// for any page.
    ///
    /// - Parameters:
    ///   - origin: `nil` for what is no page.
    ///   - host: What the client takes for the server's name and port.
    /// - Throws: ``Problem`` `forbidden`.
    func check(_ origin: String?, host: String?) throws(Problem) {
        guard let origin, !contains(origin), !Self.isSame(origin, host) else { return }
        throw Problem(
            .forbidden,
            "Pages of \(origin.prefix(200)) may not use this server. Those that may are the value of --allowed-origins."
        )
    }

    /// Whether an origin's host and port are those of a `Host` field (RFC 9110, section 7.2). The scheme is not looked at: it
    /// is `http` behind a proxy that speaks TLS. Nor is the port, where the field has none: many proxies leave it out.
    private static func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host, let ours = Authority(host[...]),
            let start = ["http://", "https://"].first(where: origin.hasPrefix),
            let theirs = Authority(origin.dropFirst(start.count)), theirs.host == ours.host
        else { return false }
        let standard: Substring = start == "https://" ? "443" : "80"
        return ours.port == nil || ours.port == (theirs.port ?? standard)
    }

    /// A host, an IPv6 address in its brackets, and perhaps a port.
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
