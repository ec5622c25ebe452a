/// The address of the server under test.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    package let port: Int

    /// Parses `http://HOST:PORT`. The port defaults to 80; IPv6 addresses are in brackets.
    ///
    /// - Throws: ``WireError/unusableAddress(_:)`` for other schemes, and if there is a path.
    package init(baseURL: String) throws {
        let scheme = "http://"
        guard baseURL.lowercased().hasPrefix(scheme) else { throw WireError.unusableAddress(baseURL) }
        var rest = baseURL.dropFirst(scheme.count)
        if rest.last == "/" { rest.removeLast() }
        guard !rest.isEmpty, !rest.contains("/") else { throw WireError.unusableAddress(baseURL) }
        let portMark = rest.lastIndex(of: ":").flatMap { rest[$0...].contains("]") ? nil : $0 }
        let name = rest[..<(portMark ?? rest.endIndex)]
        guard let port = portMark.map({ Int(rest[rest.index(after: $0)...]) }) ?? 80, (1...65535).contains(port) else {
            throw WireError.unusableAddress(baseURL)
        }
        self.port = port
        host = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : String(name)
    }

    /// The value of the `Host` header (RFC 9110, section 7.2).
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var description: String { "http://\(authority)" }
}
