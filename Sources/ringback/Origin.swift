import ArgumentParser
import Foundation

/// An origin as in an `Origin` header (RFC 6454, section 6.2): scheme, host, and the port unless it is the default.
enum Origin {
    /// - Throws: `ValidationError`, with the corrected value if there is one.
    static func check(_ text: String) throws {
        guard text != "*" else { return }
        guard let corrected = corrected(text) else {
            throw ValidationError(
                "allowed-origins: '\(text)' is not an origin. Write scheme, host and port: https://example.org:8443")
        }
        guard corrected == text else {
            throw ValidationError(
                "allowed-origins: '\(text)' is not an origin as browsers send it. Write \(corrected)")
        }
    }

    /// The origin that a browser sends for a page at this address.
    static func corrected(_ text: String) -> String? {
        let hasScheme = text.contains("://")
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains { text.hasPrefix($0) }
        let whole = hasScheme ? text : (isLocal ? "http://" : "https://") + text
        guard let url = URL(string: whole), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(percentEncoded: true)?.lowercased(), !host.isEmpty,
            host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "%") }),
            (0...65_535).contains(url.port ?? 0)
        else { return nil }
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let port = url.port.flatMap { $0 == (scheme == "https" ? 443 : 80) ? nil : ":\($0)" } ?? ""
        return "\(scheme)://\(name)\(port)"
    }
}
