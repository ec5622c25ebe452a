import RingbackModel

/// The addresses that proxies have put into a request. Each appends the one that it was sent from, so they are read
/// from the end, and what a client has written itself before them is not read at all.
enum ForwardedAddresses {
    /// The maximum number of trusted proxies that a request may have come through.
    static let maximumProxies = 32

    /// The client by `X-Forwarded-For`: addresses with commas between them.
    ///
    /// - Returns: The last address that is not a proxy's; `nil` if there is none, or something else in its place.
    static func client(forwardedFor field: String, isProxy: (IPAddress) -> Bool) -> IPAddress? {
        lastElement(of: field, isProxy) { IPAddress(String(trimmed($0))) }
    }

    /// The client by `Forwarded` (RFC 7239): the `for` of each element, which may also be a name in place of an
    /// address.
    ///
    /// - Returns: As above.
    static func client(forwarded field: String, isProxy: (IPAddress) -> Bool) -> IPAddress? {
        lastElement(of: field, isProxy) { element in
            for pair in element.split(separator: ";") {
                guard let sign = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
                guard String(trimmed(pair[..<sign])).isCase(of: "for") else { continue }
                return address(trimmed(pair[sign...].dropFirst()))
            }
            return nil
        }
    }

    /// Empty elements are ignored (RFC 9110, section 5.6.1).
    private static func lastElement(
        of field: String, _ isProxy: (IPAddress) -> Bool, _ parse: (Substring) -> IPAddress?
    ) -> IPAddress? {
        var (rest, proxies) = (field[...], 0)
        while proxies < maximumProxies {
            let comma = rest.utf8.lastIndex(of: UInt8(ascii: ","))
            let element = trimmed(comma.map { rest[rest.utf8.index(after: $0)...] } ?? rest)
            if !element.isEmpty {
                let address = parse(element)
                guard let address, isProxy(address) else { return address }
                proxies += 1
            }
            guard let comma else { return nil }
            rest = rest[..<comma]
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }

    /// A node (RFC 7239, section 6), with or without a port and quotes.
    private static func address(_ node: Substring) -> IPAddress? {
        var text = node
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 { text = text.dropFirst().dropLast() }
        if text.hasPrefix("["), let end = text.lastIndex(of: "]") { return IPAddress(String(text[...end])) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? IPAddress(String(parts[0])) : IPAddress(String(text))
    }
}
