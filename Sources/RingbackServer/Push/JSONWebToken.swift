import Foundation
import RingbackModel

/// A token that the server signs for a push service (RFC 7519, in the compact serialization of RFC 7515).
enum JSONWebToken {
    /// - Parameters:
    ///   - algorithm: `alg` (RFC 7518).
    ///   - keyID: `kid`; needs no escapes.
    ///   - claims: Writes the members of the claims.
    ///   - sign: The signature of its argument.
    static func make(
        algorithm: String, keyID: String? = nil, claims: (inout JSONWriter) -> Void, sign: (Data) throws -> Data
    ) rethrows -> String {
        var head = JSONWriter()
        head.object { json in
            json.field("typ", "JWT")
            json.field("alg", algorithm)
            if let keyID { json.field("kid", keyID) }
        }
        var body = JSONWriter()
        body.object(claims)
        let signed = "\(Data(head.finish()).base64URL).\(Data(body.finish()).base64URL)"
        return "\(signed).\(try sign(Data(signed.utf8)).base64URL)"
    }
}
