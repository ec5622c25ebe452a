import Crypto
import Foundation
import RingbackModel

/// How the server sends VoIP pushes to devices with iOS.
package struct APNsSettings: Sendable {
    /// Of Apple's servers for apps that are distributed. Those in development have `api.sandbox.push.apple.com`.
    package static let host = "api.push.apple.com"

    private let key: P256.Signing.PrivateKey
    private let keyID: String
    private let teamID: String
    /// The bundle identifier of the app with `.voip`.
    let topic: String
    /// With a port, if it is not 443.
    let host: String

    /// - Parameters:
    ///   - key: The PEM text of a private key of P-256 (PKCS #8), as Apple's `.p8` files have.
    ///   - keyID: 10 letters and digits.
    ///   - teamID: 10 letters and digits.
    ///   - topic: A bundle identifier, with or without `.voip`.
    /// - Throws: ``PushSettingsError``.
    package init(
        key: String, keyID: String, teamID: String, topic: String, host: String = APNsSettings.host
    ) throws(PushSettingsError) {
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: key) else {
            throw .init("apns-key must be a file with a private key of P-256 in PEM, as Apple's .p8 files are.")
        }
        for (name, text) in [("apns-key-id", keyID), ("apns-team-id", teamID)]
        where text.utf8.count != 10 || !text.utf8.allSatisfy(Self.isLetterOrDigit) {
            throw .init("\(name) must be 10 letters and digits.")
        }
        guard (1...200).contains(topic.utf8.count),
            topic.utf8.allSatisfy({ Self.isLetterOrDigit($0) || [UInt8(ascii: "."), UInt8(ascii: "-")].contains($0) })
        else { throw .init("apns-topic must be the bundle identifier of the app, such as org.example.calls.") }
        guard PushHost.isValid(host) else { throw .init("apns-host must be a host, or HOST:PORT.") }
        self.key = key
        self.keyID = keyID
        self.teamID = teamID
        self.topic = topic.hasSuffix(".voip") ? topic : "\(topic).voip"
        self.host = host
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        let character = Character(UnicodeScalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
    }

    /// A token with which the server authenticates, for an hour.
    func token(at now: Timestamp) throws -> String {
        try JSONWebToken.make(algorithm: "ES256", keyID: keyID) { json in
            json.field("iss", teamID)
            json.field("iat", Int(now.milliseconds / 1000))
        } sign: {
            try key.signature(for: $0).rawRepresentation
        }
    }
}

/// What is wrong with the settings for pushes.
package struct PushSettingsError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The hosts of push services, which the operator names.
enum PushHost {
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, text.utf8.count <= 255 else { return false }
        let isName = parts[0].utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || ".-".contains(character))
        }
        return isName && (parts.count == 1 || UInt16(parts[1]).map { $0 > 0 } ?? false)
    }
}
