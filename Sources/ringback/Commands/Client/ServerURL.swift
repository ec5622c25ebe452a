import Foundation
import RingbackClient

/// The URL of a server as it stands on the command line.
enum ServerURL {
    /// - Throws: ``CommandError`` that says what to write.
    static func parse(_ text: String) throws -> URL {
        guard text.contains("://") else {
            let isLocal = ["localhost", "127.", "[::1]"].contains { text.hasPrefix($0) }
            let whole = (isLocal ? "http://" : "https://") + text
            let advice = URL(string: whole)?.host() == nil ? "" : " Write \(whole)"
            throw CommandError("\(text) is not the URL of a server: it begins with https:// or http://.\(advice)")
        }
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty else {
            throw CommandError("\(text) is not a URL. Write https://HOST[:PORT][/PATH]")
        }
        guard ["http", "https"].contains(url.scheme?.lowercased()) else {
            throw CommandError("The URL of a server begins with https:// or http://, not with \(url.scheme ?? "")://.")
        }
        do {
            _ = try RingbackClient(baseURL: url)
        } catch {
            throw CommandError("\(text) has more than a server's URL may have. Write https://HOST[:PORT][/PATH]")
        }
        return url
    }

    /// What to do when a server is not reached.
    static func advice(_ failure: TransportFailure, _ url: URL) -> String {
        switch failure.kind {
        case .nameNotFound: "Is the name right, and is DNS working?"
        case .unreachable: "Is the server running, on this port, and does a firewall let it through?"
        case .tls: "The certificate must be for this name and from an authority that is trusted here."
        case .timedOut: "Something drops the packets, a firewall for one, or what listens there is no HTTP server."
        case .proxy: "Look at http_proxy and https_proxy in the environment."
        default:
            "Is this an HTTP server?" + (url.scheme?.lowercased() == "http" ? " If it has TLS, write https://" : "")
        }
    }

    /// The URL without TLS, if a Ringback server answers there.
    static func plain(_ url: URL) async -> URL? {
        guard url.scheme?.lowercased() == "https",
            var parts = URLComponents(url: url, resolvingAgainstBaseURL: false), parts.port != nil
        else { return nil }
        parts.scheme = "http"
        let network = NetworkOptions(connectTimeout: .seconds(3), requestTimeout: .seconds(3))
        guard let plain = parts.url, let client = try? RingbackClient(baseURL: plain, network: network),
            (try? await client.getHealth()) != nil
        else { return nil }
        return plain
    }
}
