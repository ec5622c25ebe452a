package import RingbackCore
package import RingbackModel

/// Verifies tokens of the platform: JWTs (RFC 7519) that it signs for its users.
package struct TokenVerifier: Sendable {
    /// Where the keys come from.
    package enum Keys: Sendable {
        case fixed(KeySet)
        case remote(RemoteKeys)
    }

    /// How far the clocks of the platform and of the server may differ.
    package static let defaultLeeway: Duration = .seconds(30)
    /// How long a token that was verified is valid without being verified again, at most: its key may have been
    /// withdrawn.
    static let maximumLifetime: Duration = .seconds(86_400)

    private let keys: Keys
    private let issuer: String?
    private let audience: String?
    private let leeway: Duration

    /// - Parameters:
    ///   - issuer: What `iss` has to be; `nil` accepts any.
    ///   - audience: What has to be among `aud`; `nil` accepts any.
    package init(keys: Keys, issuer: String?, audience: String?, leeway: Duration = defaultLeeway) {
        (self.keys, self.issuer, self.audience, self.leeway) = (keys, issuer, audience, leeway)
    }

    /// What a token says, once its signature and its claims are found good.
    ///
    /// - Throws: ``TokenRefusal``.
    package func verify(_ text: String, at now: Timestamp) async throws(TokenRefusal) -> PlatformClaims {
        let token = try SignedToken(parsing: text)
        guard VerificationKey.Algorithm(rawValue: token.algorithm) != nil else {
            throw .header("its alg is not accepted")
        }
        if try await !isSigned(token) { throw .signature }
        return try claims(token.payload, at: now)
    }

    /// - Throws: ``TokenRefusal/unknownKey``, ``TokenRefusal/noKeys``.
    private func isSigned(_ token: SignedToken) async throws(TokenRefusal) -> Bool {
        switch keys {
        case .fixed(let set): return try set.isSigned(token)
        case .remote(let remote):
            guard let set = await remote.current() else { throw .noKeys }
            if (try? set.isSigned(token)) == true { return true }
            // The keys may have been replaced since, perhaps with the same identifiers.
            guard let fresh = await remote.currentForUnknownKey() else { throw .noKeys }
            return try fresh.isSigned(token)
        }
    }

    private func claims(_ payload: [UInt8], at now: Timestamp) throws(TokenRefusal) -> PlatformClaims {
        guard let json = try? JSONSlice(parsing: payload), json.kind == .object else {
            throw .malformed("its payload is not a JSON object")
        }
        guard let expiresAt = try date("exp", json) else { throw .claim("exp is missing") }
        guard expiresAt + leeway > now else { throw .expired }
        if let notBefore = try date("nbf", json), notBefore > now + leeway { throw .claim("nbf has not come yet") }
        let issuedAt = try date("iat", json)
        if let issuedAt, issuedAt > now + leeway { throw .claim("iat has not come yet") }
        if let issuer {
            guard json["iss"]?.isString(issuer) == true else { throw .claim("iss is not \(issuer)") }
        }
        if let audience {
            let isAmong = json["aud"].map { value in
                value.isString(audience) || value.elements?.contains { $0.isString(audience) } == true
            }
            guard isAmong == true else { throw .claim("aud is not \(audience)") }
        }
        guard let subject = json["sub"]?.string else { throw .claim("sub is missing") }
        guard let user = UserID(subject) else { throw .claim("sub is not 1 to 64 characters of [A-Za-z0-9._~@-]") }
        guard !user.isReserved else { throw .claim("sub is reserved") }
        var claims = PlatformClaims(
            user: user, issuedAt: issuedAt, expiresAt: min(expiresAt + leeway, now + Self.maximumLifetime))
        if let name = json["name"]?.string, Limits.nameCharacters.contains(name.unicodeScalars.count),
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }),
            NameText.invisible(in: name) == nil, !NameText.isBlank(name)
        {
            claims.displayName = name
        }
        if let device = json["device_id"], device.kind != .null {
            guard let id = device.string.flatMap({ DeviceID($0) }) else {
                throw .claim("device_id is not 8 to 64 characters of [A-Za-z0-9_-]")
            }
            claims.device = id
        }
        return claims
    }

    /// A NumericDate (RFC 7519, section 2): seconds since 1970, perhaps with a fraction.
    private func date(_ name: String, _ json: JSONSlice) throws(TokenRefusal) -> Timestamp? {
        guard let value = json[name] else { return nil }
        guard let seconds = value.number, (0...253_402_300_799).contains(seconds) else {
            throw .malformed("\(name) is not a NumericDate")
        }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }
}
