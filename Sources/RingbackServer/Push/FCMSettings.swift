import CryptoExtras
import Foundation
import RingbackModel

/// How the server sends messages by Firebase Cloud Messaging: the key file of a service account.
package struct FCMSettings: Sendable {
    package static let host = "fcm.googleapis.com"
    private static let scope = "https://www.googleapis.com/auth/firebase.messaging"
    /// How long an assertion is valid; at most an hour.
    private static let assertionSeconds = 3600

    private let key: _RSA.Signing.PrivateKey
    private let keyID: String
    private let account: String
    /// Where an assertion is exchanged for an access token (RFC 7523).
    let tokenURL: String
    let project: String
    /// With a port, if it is not 443.
    let host: String

    /// - Parameter file: The JSON that the Firebase console generates for a service account.
    /// - Throws: ``PushSettingsError``.
    package init(file: [UInt8], host: String = FCMSettings.host) throws(PushSettingsError) {
        guard let json = try? JSONSlice(parsing: file), json["type"]?.string == "service_account" else {
            throw .init("fcm-key must be the JSON file of a service account.")
        }
        func member(_ name: String, _ isValid: (String) -> Bool) throws(PushSettingsError) -> String {
            guard let text = json[name]?.string, isValid(text) else {
                throw .init("The file fcm-key has no valid \(name).")
            }
            return text
        }
        keyID = try member("private_key_id", Self.isPlain)
        account = try member("client_email", Self.isPlain)
        project = try member("project_id") { Self.isPlain($0) && !$0.contains("/") }
        tokenURL = try member("token_uri") { Self.isPlain($0) && $0.hasPrefix("https://") && $0.utf8.count > 8 }
        let pem = try member("private_key") { $0.utf8.count <= 16_384 }
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) else {
            throw .init("The private_key of fcm-key must be an RSA key of at least 2048 bits in PEM.")
        }
        guard PushHost.isValid(host) else { throw .init("fcm-host must be a host, or HOST:PORT.") }
        self.key = key
        self.host = host
    }

    /// Whether a text is visible ASCII that neither JSON nor a URL's path has to escape.
    private static func isPlain(_ text: String) -> Bool {
        (1...500).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !#""\?#%"#.utf8.contains($0) }
    }

    /// A request for an access token (RFC 7523, section 2.1).
    func assertion(at now: Timestamp) throws -> String {
        let seconds = Int(now.milliseconds / 1000)
        return try JSONWebToken.make(algorithm: "RS256", keyID: keyID) { json in
            json.field("iss", account)
            json.field("scope", Self.scope)
            json.field("aud", tokenURL)
            json.field("iat", seconds)
            json.field("exp", seconds + Self.assertionSeconds)
        } sign: {
            try key.signature(for: $0, padding: .insecurePKCS1v1_5).rawRepresentation
        }
    }
}
