import RingbackModel

/// A JWS in compact form (RFC 7515, section 3.1), taken apart and not yet verified.
struct SignedToken {
    static let maximumBytes = 8 << 10

    let algorithm: String
    let keyID: String?
    /// What is signed: header and payload as they came, with the dot between.
    let signedBytes: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]

    /// - Throws: ``TokenRefusal`` `malformed`, `header`.
    init(parsing text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.maximumBytes else { throw .malformed("it has over \(Self.maximumBytes) bytes") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it has \(parts.count) parts") }
        guard let head = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed("a part is not base64url") }
        guard let header = try? JSONSlice(parsing: head), header.kind == .object else {
            throw .malformed("its header is not a JSON object")
        }
        guard let algorithm = header["alg"]?.string else { throw .header("it has no alg") }
        // A key, or where to get one, is never taken from the token; and an extension that must be understood is not.
        for name in ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc"] where header[name] != nil {
            throw .header("it has \(name)")
        }
        if let type = header["typ"] {
            guard let type = type.string?.lowercased(), ["jwt", "at+jwt", "application/at+jwt"].contains(type) else {
                throw .header("its typ is not JWT")
            }
        }
        if let keyID = header["kid"] {
            guard let text = keyID.string, text.utf8.count <= 256 else {
                throw .header("its kid is not a short string")
            }
            self.keyID = text
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        signedBytes = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        (self.payload, self.signature) = (payload, signature)
    }
}
