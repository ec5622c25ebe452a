import Foundation
import RingbackClient

/// The URL of a server on the command line.
enum ServerURL {
    /// - Throws: ``CommandError`` with the corrected URL, if there is one.
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
            throw CommandError("\(text) must not have a user, a query or a fragment. Write https://HOST[:PORT][/PATH]")
        }
        return url
    }

    /// What to do if a server can't be reached.
    static func advice(_ failure: TransportFailure, _ url: URL) -> String {
        switch failure.kind {
        case .nameNotFound: "Check the name and DNS."
        case .unreachable: "Check that the server is running on this port and that no firewall blocks it."
        case .tls: "The certificate must be for this name and from a trusted authority."
        case .timedOut: "A firewall may drop the packets, or the program on this port is not an HTTP server."
        case .proxy: "Check http_proxy and https_proxy in the environment."
        default:
            "Check that this is an HTTP server."
                + (url.scheme?.lowercased() == "http" ? " If it has TLS, write https://" : "")
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
