/// Why a token of the platform is not accepted. For the log; who sent it learns only that it was not accepted, or has
/// expired.
package enum TokenRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is not a JWT (RFC 7519) in compact form, or a claim has a wrong type.
    case malformed(String)
    /// Its header has what is never accepted: another algorithm, a key of its own, an extension.
    case header(String)
    /// No key fits its `kid` and `alg`.
    case unknownKey
    /// The signature is not the key's.
    case signature
    /// A claim is missing or is another than it has to be.
    case claim(String)
    /// `exp` has passed.
    case expired
    /// The keys could not be had; another try may find them.
    case noKeys

    package var description: String {
        switch self {
        case .malformed(let reason): "it is not a JWT: \(reason)"
        case .header(let reason): "its header is not accepted: \(reason)"
        case .unknownKey: "no key fits its kid and alg"
        case .signature: "its signature is wrong"
        case .claim(let reason): "a claim does not fit: \(reason)"
        case .expired: "it has expired"
        case .noKeys: "the keys can't be had at the moment"
        }
    }
}
