import ArgumentParser

extension ICECheck.Address {
    /// Validates the URL of an option according to RFC 7064 and RFC 7065.
    ///
    /// - Parameters:
    ///   - option: The name of the option.
    ///   - scheme: `stun` or `turn`; the variant with TLS is accepted as well.
    /// - Throws: `ValidationError` with the corrected URL, if there is one.
    static func check(_ url: String, _ option: String, _ scheme: String) throws {
        let wanted = "\(scheme):HOST[:PORT]"
        guard let address = ICECheck.Address(url) else {
            let corrected = "\(scheme):\(url)"
            let advice = ICECheck.Address(corrected) == nil ? "Write \(wanted)" : "Write \(corrected)"
            throw ValidationError("\(option): '\(url)' is not a URL of a \(scheme.uppercased()) server. \(advice)")
        }
        guard address.scheme == scheme || address.scheme == scheme + "s" else {
            let other = scheme == "turn" ? "stun-urls" : "turn-urls"
            throw ValidationError(
                "\(option): '\(url)' is not a \(scheme.uppercased()) server; use --\(other).")
        }
        let query = url.split(separator: "?", maxSplits: 1).dropFirst().first
        guard query == nil || query == "transport=udp" || query == "transport=tcp" else {
            throw ValidationError(
                "\(option): '\(url)' must have no query other than ?transport=udp or ?transport=tcp.")
        }
    }
}
