import Foundation
import RingbackModel

/// The base URL of the server, and how the URLs of its resources are derived from it.
struct BaseURL: Sendable {
    let isSecure: Bool
    /// Host and port, as in the `Host` header.
    let authority: String
    /// `http://host:port/path`, without a trailing slash.
    let text: String
    /// The path before `/v1`: empty, or beginning with a slash.
    let path: String

    init(_ url: URL) throws(RingbackError) {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(percentEncoded: true), !host.isEmpty, url.query == nil, url.fragment == nil,
            url.user == nil, url.password == nil,
            (host + url.path(percentEncoded: true)).utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalidArgument(
                "the base URL must be http(s)://HOST[:PORT][/PATH], not \(url.absoluteString.prefix(200))")
        }
        isSecure = scheme == "https"
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        authority = url.port.map { "\(name):\($0)" } ?? name
        var path = url.path(percentEncoded: true)
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        text = "\(scheme)://\(authority)\(path)"
    }

    /// Percent-encodes everything but the unreserved characters (RFC 3986, section 2.3).
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
