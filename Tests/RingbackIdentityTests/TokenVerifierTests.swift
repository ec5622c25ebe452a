import Crypto
import Foundation
import JWTKit
import RingbackCore
import RingbackModel
import Testing

@testable import RingbackIdentity

/// Makes tokens by hand, so that each can be wrong in one place.
private struct Maker {
    let secret = "a secret of the platform, long enough"
    let p256 = P256.Signing.PrivateKey()
    let ed25519 = Curve25519.Signing.PrivateKey()
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    var claims: [String: any Sendable] = [
        "sub": "petya", "iss": "https://chat.example", "aud": "ringback", "exp": 1_800_000_600, "iat": 1_799_999_990,
        "name": "Petya", "device_id": "phone-of-petya",
    ]

    static func encode(_ data: some Sequence<UInt8>) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func part(_ object: [String: any Sendable]) throws -> String {
        Self.encode(try JSONSerialization.data(withJSONObject: object))
    }

    func hs256(_ header: [String: any Sendable] = ["alg": "HS256", "typ": "JWT"]) throws -> String {
        let text = try part(header) + "." + part(claims)
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return text + "." + Self.encode(code)
    }

    func es256(kid: String? = "one") throws -> String {
        var header: [String: any Sendable] = ["alg": "ES256"]
        header["kid"] = kid
        let text = try part(header) + "." + part(claims)
        return text + "." + Self.encode(try p256.signature(for: Data(text.utf8)).rawRepresentation)
    }

    func eddsa() throws -> String {
        let text = try part(["alg": "EdDSA", "kid": "ed"]) + "." + part(claims)
        return text + "." + Self.encode(try ed25519.signature(for: Data(text.utf8)))
    }

    var jwks: [UInt8] {
        let point = p256.publicKey.rawRepresentation
        let (x, y) = (Self.encode(point.prefix(32)), Self.encode(point.suffix(32)))
        return Array(
            """
            {"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": "\(x)", "y": "\(y)"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA",
             "x": "\(Self.encode(ed25519.publicKey.rawRepresentation))"},
            {"kty": "oct", "kid": "shared", "k": "AAAA"}, {"kty": "EC", "crv": "P-521", "kid": "other"}]}
            """.utf8)
    }
}

struct TokenVerifierTests {
    private let maker = Maker()

    private func verifier(issuer: String? = nil, audience: String? = nil) async throws -> TokenVerifier {
        let keys = try await [VerificationKey.secret(maker.secret)] + KeySet.jwks(maker.jwks).keys
        return TokenVerifier(keys: .fixed(KeySet(keys)), issuer: issuer, audience: audience)
    }

    @Test func `a token of each algorithm is accepted and says who it is`() async throws {
        let verifier = try await verifier(issuer: "https://chat.example", audience: "ringback")
        let expected = PlatformClaims(
            user: try #require(UserID("petya")), displayName: "Petya", device: DeviceID("phone-of-petya"),
            issuedAt: Timestamp(milliseconds: 1_799_999_990_000), expiresAt: Timestamp(milliseconds: 1_800_000_630_000))
        for token in [try maker.hs256(), try maker.es256(), try maker.eddsa(), try maker.es256(kid: nil)] {
            #expect(try await verifier.verify(token, at: Maker.now) == expected)
        }
    }

    @Test(arguments: [
        ["alg": "none"], ["alg": "HS512"], ["alg": "hs256"], ["alg": "RS256"], ["alg": "ES256"], [:],
        ["alg": "HS256", "crit": "exp"], ["alg": "HS256", "jku": "https://evil.example/keys"],
        ["alg": "HS256", "x5u": "https://evil.example/"], ["alg": "HS256", "jwk": "{}"],
        ["alg": "HS256", "x5c": "MII"],
        ["alg": "HS256", "typ": "JWE"], ["alg": "HS256", "b64": "false"],
    ])
    func `a header that chooses its key or another algorithm is refused`(header: [String: String]) async throws {
        let token = try maker.hs256(header)
        let verifier = try await verifier()
        await #expect(throws: TokenRefusal.self) { try await verifier.verify(token, at: Maker.now) }
    }

    @Test func `a public key is no secret for HS256`() async throws {
        let verifier = TokenVerifier(keys: .fixed(try await KeySet.jwks(maker.jwks)), issuer: nil, audience: nil)
        for secret in [maker.p256.publicKey.pemRepresentation, String(decoding: maker.jwks, as: UTF8.self)] {
            let text = try maker.part(["alg": "HS256", "kid": "one"]) + "." + maker.part(maker.claims)
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
            await #expect(throws: TokenRefusal.unknownKey) {
                try await verifier.verify(text + "." + Maker.encode(code), at: Maker.now)
            }
        }
    }

    @Test(
        arguments: [
            (["exp": nil], .claim("exp is missing")), (["exp": 1_799_999_969], .expired),
            (["exp": "soon"], .malformed("exp is not a NumericDate")),
            (["exp": 1e300], .malformed("exp is not a NumericDate")),
            (["nbf": 1_800_000_031], .claim("nbf has not come yet")),
            (["iat": 1_800_000_031], .claim("iat has not come yet")),
            (["iss": "https://evil.example"], .claim("iss is not https://chat.example")),
            (["iss": nil], .claim("iss is not https://chat.example")),
            (["aud": "other"], .claim("aud is not ringback")),
            (["aud": ["other", "more"]], .claim("aud is not ringback")), (["sub": nil], .claim("sub is missing")),
            (["sub": "no spaces"], .claim("sub is not 1 to 64 characters of [A-Za-z0-9._~@-]")),
            (["device_id": "short"], .claim("device_id is not 8 to 64 characters of [A-Za-z0-9_-]")),
        ] as [([String: (any Sendable)?], TokenRefusal)])
    func `a claim that does not fit is named`(change: [String: (any Sendable)?], refusal: TokenRefusal) async throws {
        var maker = maker
        for (name, value) in change { maker.claims[name] = value }
        let token = try maker.es256()
        let verifier = TokenVerifier(
            keys: .fixed(try await KeySet.jwks(maker.jwks)), issuer: "https://chat.example", audience: "ringback")
        await #expect(throws: refusal) { try await verifier.verify(token, at: Maker.now) }
    }

    @Test(
        arguments: [["exp": 1_799_999_971], ["nbf": 1_800_000_029], ["aud": ["other", "ringback"]], ["name": 7]]
            as [[String: any Sendable]])
    func `clocks may differ by thirty seconds, and aud may be a list`(change: [String: any Sendable]) async throws {
        var maker = maker
        for (name, value) in change { maker.claims[name] = value }
        let token = try maker.es256()
        let verifier = TokenVerifier(
            keys: .fixed(try await KeySet.jwks(maker.jwks)), issuer: "https://chat.example", audience: "ringback")
        _ = try await verifier.verify(token, at: Maker.now)
    }

    @Test func `a signature that was changed, padded or left out is refused`() async throws {
        let verifier = try await verifier()
        let token = try maker.es256()
        let parts = token.split(separator: ".").map(String.init)
        let zeros = Maker.encode([UInt8](repeating: 0, count: 64))
        for signature in ["", zeros, parts[2] + "=", parts[2] + "AAAA", String(parts[2].dropLast(4)), parts[2] + "\n"] {
            await #expect(throws: TokenRefusal.self, "\(signature)") {
                try await verifier.verify("\(parts[0]).\(parts[1]).\(signature)", at: Maker.now)
            }
        }
        for text in [
            "", ".", "..", "a.b.c", token + ".x", parts[0] + "." + parts[1], String(repeating: "A", count: 9000),
        ] {
            await #expect(throws: TokenRefusal.self, "\(text)") { try await verifier.verify(text, at: Maker.now) }
        }
    }

    @Test func `another key of the set does not serve for the kid`() async throws {
        var other = maker
        other.claims["sub"] = "vasya"
        let token = try other.es256(kid: "ed")
        let verifier = try await verifier()
        await #expect(throws: TokenRefusal.unknownKey) { try await verifier.verify(token, at: Maker.now) }
    }
}

struct KeySetTests {
    private let maker = Maker()

    @Test func `a file of PEM has a key for each block`() async throws {
        let text =
            "# the platform's keys\n" + maker.p256.publicKey.pemRepresentation + "\n"
            + (try EdDSA.PublicKey(x: Maker.encode(maker.ed25519.publicKey.rawRepresentation), curve: .ed25519))
            .pemRepresentation
        let set = try await KeySet.file(Array(text.utf8))
        #expect(set.keys.map(\.algorithm) == [.es256, .eddsa])
    }

    @Test(arguments: [
        "{}", "{\"keys\": []}", "{\"keys\": [{\"kty\": \"oct\", \"k\": \"AAAA\"}]}",
        "{\"keys\": [{\"kty\": \"RSA\", \"n\": \"AQAB\", \"e\": \"AQAB\"}]}",
        "{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\"}]}",
        "{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\", \"d\": \"AA\"}]}",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n",
    ])
    func `a set without a usable key is refused`(text: String) async {
        await #expect(throws: VerificationKey.Unusable.self) { try await KeySet.file(Array(text.utf8)) }
    }

    @Test func `a short secret is refused`() async {
        await #expect(throws: VerificationKey.Unusable.self) { try await VerificationKey.secret("too short") }
    }

    @Test(arguments: [
        ("https://chat.example/keys", true), ("http://localhost:8000/keys", true), ("http://127.0.0.1/", true),
        ("http://[::1]:80/", true), ("http://chat.example/keys", false), ("http://localhost.evil.example/", false),
        ("file:///etc/passwd", false), ("https://", false), ("https://a b/", false),
    ])
    func `keys come over https, or from this machine`(url: String, isAcceptable: Bool) {
        #expect(KeyURL.isAcceptable(url) == isAcceptable)
    }
}

struct KeyRefreshTests {
    private let start = ContinuousClock.now

    @Test func `keys are fetched when they are old, and once a minute while that fails`() {
        var refresh = KeyRefresh()
        let first = [0, 59, 60].map { refresh.begins(.age, at: start + .seconds($0)) }
        #expect(first == [true, false, true])
        refresh.succeeded(at: start + .seconds(61))
        let later = [660, 661].map { refresh.begins(.age, at: start + .seconds($0)) }
        #expect(later == [false, true])
    }

    @Test func `an unknown key is looked for at once, but not more than every ten seconds`() {
        var refresh = KeyRefresh()
        _ = refresh.begins(.age, at: start)
        refresh.succeeded(at: start)
        let begun = [1, 10, 11].map { refresh.begins(.unknownKey, at: start + .seconds($0)) }
        #expect(begun == [true, false, true])
    }
}
