import Foundation
import RingbackModel

/// The keys that tokens are verified with.
package struct KeySet: Sendable {
    package static let maximumBytes = 256 << 10
    package static let maximumKeys = 100

    package let keys: [VerificationKey]

    package init(_ keys: [VerificationKey]) { self.keys = keys }

    /// How many keys are tried for a token without a `kid`.
    private static let maximumTries = 8

    /// Whether a token is signed with a key of its algorithm, and with its `kid` if it names one.
    ///
    /// A key without a `kid` (a secret, a key in PEM) serves for any.
    ///
    /// - Throws: ``TokenRefusal/unknownKey`` if there is no such key.
    func isSigned(_ token: SignedToken) throws(TokenRefusal) -> Bool {
        let candidates = keys.filter {
            $0.algorithm.rawValue == token.algorithm && ($0.id == nil || token.keyID == nil || $0.id == token.keyID)
        }
        if candidates.isEmpty { throw .unknownKey }
        return candidates.prefix(Self.maximumTries).contains { $0.isSignature(token.signature, of: token.signedBytes) }
    }

    /// A JWK Set (RFC 7517, section 5). Keys of other kinds, and those that are broken, are left out.
    ///
    /// - Throws: ``VerificationKey/Unusable`` when it is too large, is no JWK Set, or has no key that can be used.
    package static func jwks(_ bytes: [UInt8]) async throws -> KeySet {
        guard bytes.count <= maximumBytes else {
            throw VerificationKey.Unusable(description: "the key set has over \(maximumBytes) bytes")
        }
        guard let document = try? JSONSlice(parsing: bytes), let elements = document["keys"]?.elements else {
            throw VerificationKey.Unusable(description: "it is not a JWK Set: {\"keys\": […]}")
        }
        guard elements.count <= maximumKeys else {
            throw VerificationKey.Unusable(description: "the key set has over \(maximumKeys) keys")
        }
        var keys: [VerificationKey] = []
        var firstError: (any Error)?
        for element in elements {
            guard element["d"] == nil else {
                throw VerificationKey.Unusable(description: "the key set has a private key: give the public ones alone")
            }
            do {
                if let key = try await VerificationKey.jwk(element) { keys.append(key) }
            } catch {
                firstError = firstError ?? error
            }
        }
        guard !keys.isEmpty else {
            throw firstError
                ?? VerificationKey.Unusable(
                    description: "the key set has no key for RS256, ES256 or EdDSA that verifies signatures")
        }
        return KeySet(keys)
    }

    /// The content of a file: a JWK Set, or public keys in PEM.
    ///
    /// - Throws: ``VerificationKey/Unusable``.
    package static func file(_ bytes: [UInt8]) async throws -> KeySet {
        guard bytes.count <= maximumBytes else {
            throw VerificationKey.Unusable(description: "it has over \(maximumBytes) bytes")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("-----BEGIN ") else { return try await jwks(bytes) }
        guard !text.contains("PRIVATE KEY-----") else {
            throw VerificationKey.Unusable(description: "it has a private key: give the public ones alone")
        }
        var keys: [VerificationKey] = []
        let end = "-----END PUBLIC KEY-----"
        for block in text.components(separatedBy: end).dropLast() {
            guard let start = block.range(of: "-----BEGIN PUBLIC KEY-----", options: .backwards) else {
                throw VerificationKey.Unusable(description: "its PEM is broken")
            }
            keys.append(try await VerificationKey.pem(String(block[start.lowerBound...]) + end + "\n"))
        }
        guard !keys.isEmpty, keys.count <= maximumKeys else {
            throw VerificationKey.Unusable(
                description: "it has \(keys.count) blocks of BEGIN PUBLIC KEY; 1 to \(maximumKeys) are accepted")
        }
        return KeySet(keys)
    }
}
