import Foundation
import JWTKit
package import RingbackModel

/// A key with the one algorithm that it is good for.
package struct VerificationKey: Sendable {
    /// The algorithms of RFC 7518 and RFC 8037 that are accepted.
    package enum Algorithm: String, Sendable, CaseIterable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
        case eddsa = "EdDSA"
    }

    /// A key that can't be used, and why.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    /// Bytes that a shared secret has at least: those of the hash (RFC 7518, section 3.2).
    package static let secretBytes = 32
    private static let rsaBits = 2048...8192

    /// Its `kid`.
    package let id: String?
    package let algorithm: Algorithm
    private let implementation: any JWTAlgorithm

    private init(_ id: String?, _ algorithm: Algorithm, _ keys: JWTKeyCollection) async throws {
        (self.id, self.algorithm) = (id, algorithm)
        implementation = try await keys.getKey()
    }

    /// Whether `signature` was made with this key over `bytes`.
    func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        (try? implementation.verify(signature, signs: bytes)) ?? false
    }

    /// A shared secret for HS256.
    ///
    /// - Throws: ``Unusable`` when it is shorter than ``secretBytes``.
    package static func secret(_ secret: String) async throws -> VerificationKey {
        guard secret.utf8.count >= secretBytes else {
            throw Unusable(description: "a secret for HS256 must have at least \(secretBytes) bytes")
        }
        return try await VerificationKey(
            nil, .hs256, JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256))
    }

    /// A public key in PEM (`BEGIN PUBLIC KEY`): RSA of 2048 to 8192 bits, P-256, or Ed25519.
    ///
    /// - Throws: ``Unusable``.
    package static func pem(_ text: String) async throws -> VerificationKey {
        if let key = try? ES256PublicKey(pem: text) {
            return try await VerificationKey(nil, .es256, JWTKeyCollection().add(ecdsa: key))
        }
        if let key = try? EdDSA.PublicKey(pem: text) {
            return try await VerificationKey(nil, .eddsa, JWTKeyCollection().add(eddsa: key))
        }
        guard let key = try? Insecure.RSA.PublicKey(pem: text), let modulus = try? key.getKeyPrimitives().modulus else {
            throw Unusable(description: "it is not a public key of RSA, P-256 or Ed25519 in PEM")
        }
        try check(modulus: Array(modulus))
        return try await VerificationKey(
            nil, .rs256, JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256))
    }

    /// A public key as a JWK (RFC 7517).
    ///
    /// - Returns: `nil` for one that is not for verifying, or of a kind or an algorithm that is not accepted.
    /// - Throws: ``Unusable`` for one that is broken or weak.
    package static func jwk(_ json: JSONSlice) async throws -> VerificationKey? {
        if let use = json["use"], !use.isString("sig") { return nil }
        if let operations = json["key_ops"], operations.elements?.contains(where: { $0.isString("verify") }) != true {
            return nil
        }
        let id = json["kid"]?.string
        func member(_ name: String) throws -> String {
            guard let text = json[name]?.string else { throw Unusable(description: "a key has no \"\(name)\"") }
            return text
        }
        func isFor(_ algorithm: Algorithm) -> Bool { json["alg"].map { $0.isString(algorithm.rawValue) } ?? true }
        func usable<Key>(_ body: () throws -> Key) throws -> Key {
            do { return try body() } catch { throw Unusable(description: "the key \(id ?? "without a kid") is broken") }
        }
        switch (json["kty"]?.string, json["crv"]?.string) {
        case ("RSA", _):
            guard isFor(.rs256) else { return nil }
            let (n, e) = (try member("n"), try member("e"))
            try check(modulus: Base64URL.decode(n) ?? [])
            let key = try usable { try Insecure.RSA.PublicKey(modulus: n, exponent: e) }
            return try await VerificationKey(
                id, .rs256, JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256))
        case ("EC", "P-256"):
            guard isFor(.es256) else { return nil }
            let (x, y) = (try member("x"), try member("y"))
            let key = try usable { try ES256PublicKey(parameters: (x, y)) }
            return try await VerificationKey(id, .es256, JWTKeyCollection().add(ecdsa: key))
        case ("OKP", "Ed25519"):
            guard json["alg"].map({ $0.isString("EdDSA") || $0.isString("Ed25519") }) ?? true else { return nil }
            let x = try member("x")
            let key = try usable { try EdDSA.PublicKey(x: x, curve: .ed25519) }
            return try await VerificationKey(id, .eddsa, JWTKeyCollection().add(eddsa: key))
        default: return nil
        }
    }

    private static func check(modulus: [UInt8]) throws {
        let bytes = modulus.drop { $0 == 0 }
        let bits = bytes.count * 8 - (bytes.first?.leadingZeroBitCount ?? 0)
        guard rsaBits.contains(bits) else {
            throw Unusable(
                description: "an RSA key has \(bits) bits; \(rsaBits.lowerBound) to \(rsaBits.upperBound) are accepted")
        }
    }
}
