import RingbackModel

/// The addresses that proxies have put into a request, the client's own first.
enum ForwardedAddresses {
    /// Of `X-Forwarded-For`: addresses with commas between them.
    static func list(_ field: String) -> [IPAddress?] {
        field.split(separator: ",").map { text in IPAddress(String(text.drop { $0 == " " }.prefix { $0 != " " })) }
    }

    /// Of `Forwarded` (RFC 7239): the `for` of each element; `nil` for one that has none, or a name in place of an address.
    static func forwarded(_ field: String) -> [IPAddress?] {
        field.split(separator: ",", omittingEmptySubsequences: false).map { element in
            for pair in element.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                let name = parts[0].drop { $0 == " " || $0 == "\t" }
                guard parts.count == 2, String(name).isCase(of: "for") else { continue }
                return address(parts[1])
            }
            return nil
        }
    }

    /// A node (RFC 7239, section 6), with or without a port and quotes.
    private static func address(_ node: Substring) -> IPAddress? {
        var text = node.drop { $0 == " " }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 { text = text.dropFirst().dropLast() }
        if text.hasPrefix("["), let end = text.lastIndex(of: "]") { return IPAddress(String(text[...end])) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? IPAddress(String(parts[0])) : IPAddress(String(text))
    }
}
