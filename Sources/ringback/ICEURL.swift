import ArgumentParser

extension ICECheck.Address {
    /// Checks the URL of an option against RFC 7064 and RFC 7065.
    ///
    /// - Parameters:
    ///   - option: Its name.
    ///   - scheme: `stun` or `turn`; the one with TLS is taken as well.
    /// - Throws: `ValidationError` that says what to write.
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
                "\(option): '\(url)' is not a \(scheme.uppercased()) server; it belongs to --\(other).")
        }
        let query = url.split(separator: "?", maxSplits: 1).dropFirst().first
        guard query == nil || query == "transport=udp" || query == "transport=tcp" else {
            throw ValidationError(
                "\(option): '\(url)' may end with ?transport=udp or ?transport=tcp, and with nothing else behind ?.")
        }
    }
}
