import ArgumentParser
import Foundation
import Logging
import RingbackCore
import RingbackIdentity
import RingbackModel

/// The options about the tokens of a platform that has users of its own.
struct PlatformOptions: ParsableArguments {
    @Option(
        help: """
            The secret that a platform signs its users' tokens with (HS256), at least 32 bytes. Prefer the \
            environment.
            """)
    var jwtSecret: String?

    @Option(help: "A file whose first line is that secret.", completion: .file())
    var jwtSecretFile: String?

    @Option(help: "A file with the public keys of a platform's tokens: a JWK Set, or PEM.")
    var jwtKeys: String?

    @Option(help: "The URL of the JWK Set of a platform's tokens.")
    var jwtJwks: String?

    @Option(
        help: "What the iss of a platform's token must be. Alone, its keys are found by OpenID Connect Discovery.")
    var jwtIssuer: String?

    @Option(help: "What must be in the aud of a platform's token.")
    var jwtAudience: String?

    /// What verifies the tokens; `nil` when nothing is set.
    ///
    /// - Throws: `ValidationError`.
    func verifier(_ source: SettingsSource, logger: Logger) async throws -> PlatformVerifier? {
        let secret = try source.secret("jwt-secret", jwtSecret, file: jwtSecretFile)
        let file = source.string("jwt-keys", jwtKeys)
        let url = source.string("jwt-jwks", jwtJwks)
        let issuer = source.string("jwt-issuer", jwtIssuer)
        let audience = source.string("jwt-audience", jwtAudience)
        guard [secret, file, url].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("Only one of jwt-secret, jwt-keys and jwt-jwks can be set.")
        }
        func verifier(_ keys: TokenVerifier.Keys, _ remote: RemoteKeys? = nil) -> PlatformVerifier {
            PlatformVerifier(
                verifier: TokenVerifier(keys: keys, issuer: issuer, audience: audience), remote: remote, logger: logger)
        }
        if let secret {
            do {
                return verifier(.fixed(KeySet([try await VerificationKey.secret(secret)])))
            } catch { throw ValidationError("jwt-secret: \(error).") }
        }
        if let file {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw ValidationError("jwt-keys: \(file) can't be read.")
            }
            do {
                return verifier(.fixed(try await KeySet.file(Array(bytes))))
            } catch { throw ValidationError("jwt-keys: \(file): \(error).") }
        }
        guard let location = try location(url: url, issuer: issuer) else {
            guard audience == nil else {
                throw ValidationError("jwt-audience needs jwt-secret, jwt-keys, jwt-jwks or jwt-issuer.")
            }
            return nil
        }
        if audience == nil {
            logger.warning(
                "every token of the platform's keys is accepted, whatever it was issued for: set jwt-audience")
        }
        let remote = RemoteKeys(location, logger: logger)
        return verifier(.remote(remote), remote)
    }

    private func location(url: String?, issuer: String?) throws -> RemoteKeys.Location? {
        for (name, text) in [("jwt-jwks", url), ("jwt-issuer", url == nil ? issuer : nil)] {
            guard let text, !KeyURL.isAcceptable(text) else { continue }
            throw ValidationError(
                "\(name) must be an https: URL, or an http: URL of this machine, not '\(text.prefix(200))'.")
        }
        return url.map { .keySet($0) } ?? issuer.map { .issuer($0) }
    }
}

/// Verifies tokens, and says in the server's words what is wrong with them.
struct PlatformVerifier: Sendable {
    let verifier: TokenVerifier
    /// Keys that have to be kept fresh.
    let remote: RemoteKeys?
    let logger: Logger

    var tokens: PlatformTokens {
        PlatformTokens { [verifier, logger] token, now in
            do throws(TokenRefusal) {
                return try await verifier.verify(token, at: now)
            } catch {
                logger.debug("a platform's token was refused", metadata: ["reason": "\(error)"])
                switch error {
                case .expired: throw Problem(.tokenExpired, "Get a new token from the platform.")
                case .noKeys:
                    throw Problem(
                        .keysUnavailable, "The keys of the platform's tokens can't be fetched at the moment.",
                        retryAfterSeconds: 10)
                default: throw SessionService.unauthenticated
                }
            }
        }
    }
}
