import ArgumentParser
import RingbackServer

/// The secrets of TURN servers by host.
struct TURNSecrets {
    private let byHost: [String: String]
    private let other: String?

    /// - Parameters:
    ///   - pairs: `HOST=SECRET`.
    ///   - other: The secret of all other servers.
    /// - Throws: `ValidationError` if a pair has another form.
    init(_ pairs: [String], other: String?) throws {
        var byHost: [String: String] = [:]
        for pair in pairs {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex,
                pair.index(after: equals) < pair.endIndex
            else { throw ValidationError("turn-secrets must be a list of HOST=SECRET, separated by commas.") }
            byHost[pair[..<equals].lowercased()] = String(pair[pair.index(after: equals)...])
        }
        // A variable that is set but empty is as good as none.
        (self.byHost, self.other) = (byHost, other?.isEmpty == true ? nil : other)
    }

    /// Groups `urls` by their secret.
    ///
    /// - Throws: `ValidationError` for an invalid URL, a server without a secret, and a secret without a server.
    func servers(_ urls: [String]) throws -> [ServerSettings.TURNServer] {
        var servers: [ServerSettings.TURNServer] = []
        var unused = Set(byHost.keys)
        for url in urls {
            try ICECheck.Address.check(url, "turn-urls", "turn")
            let host = ICECheck.Address(url)?.host.lowercased() ?? ""
            unused.remove(host)
            guard let secret = byHost[host] ?? other else {
                throw ValidationError(
                    """
                    turn-urls needs turn-secret, the static-auth-secret of the TURN server: RINGBACK_TURN_SECRET=…, or \
                    RINGBACK_TURN_SECRETS=\(host)=… for this one alone.
                    """)
            }
            if let index = servers.firstIndex(where: { $0.secret == secret }) {
                servers[index].urls.append(url)
            } else {
                servers.append(ServerSettings.TURNServer(urls: [url], secret: secret))
            }
        }
        if let host = unused.min() { throw ValidationError("turn-secrets has \(host), which turn-urls does not have.") }
        return servers
    }
}
