import ArgumentParser
import Foundation
import RingbackServer

/// The options about pushes to devices that are not present.
struct PushOptions: ParsableArguments {
    @Option(help: "The private key for pushes to browsers. Prefer the environment. `ringback vapid` makes one.")
    var vapidKey: String?

    @Option(help: "A file whose first line is that key.", completion: .file())
    var vapidKeyFile: String?

    @Option(help: "How push services can reach the operator: mailto:ADDRESS or https://…")
    var vapidContact: String?

    @Option(help: "The addresses that push services may have: public or any. (default: public)")
    var pushAddresses: String?

    @Option(help: "The .p8 file with the key for pushes to iOS (APNs).", completion: .file(extensions: ["p8"]))
    var apnsKey: String?

    @Option(name: .customLong("apns-key-id"), help: "The identifier of that key, 10 letters and digits.")
    var apnsKeyID: String?

    @Option(name: .customLong("apns-team-id"), help: "The identifier of the developer team, 10 letters and digits.")
    var apnsTeamID: String?

    @Option(help: "The bundle identifier of the app, with or without .voip.")
    var apnsTopic: String?

    @Option(
        help: """
            The host of APNs: api.sandbox.push.apple.com for apps in development. (default: \(APNsSettings.host))
            """)
    var apnsHost: String?

    @Option(
        help: "The JSON file of the service account for pushes to Android (FCM).",
        completion: .file(extensions: ["json"]))
    var fcmKey: String?

    @Option(help: "The host of FCM. (default: \(FCMSettings.host))")
    var fcmHost: String?

    @Option(
        help: "A PEM file of certificates that APNs and FCM may have, instead of those that the system trusts.",
        completion: .file())
    var pushCertificateAuthorities: String?

    /// - Throws: `ValidationError`.
    func apply(_ source: SettingsSource, to settings: inout ServerSettings) throws {
        settings.vapidKey = try vapidKey(source)
        let addresses = source.string("push-addresses", pushAddresses) ?? "public"
        guard ["public", "any"].contains(addresses) else {
            throw ValidationError("push-addresses must be public or any.")
        }
        settings.pushIsPublic = addresses == "public"
        do {
            settings.apns = try apns(source)
            settings.fcm = try fcm(source)
        } catch let error as PushSettingsError {
            throw ValidationError(error.description)
        }
        if let path = source.string("push-certificate-authorities", pushCertificateAuthorities) {
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw ValidationError("The file \(path) of push-certificate-authorities can't be read.")
            }
            settings.pushCertificateAuthorities = path
        }
    }

    private func vapidKey(_ source: SettingsSource) throws -> VAPIDKey? {
        guard let text = try source.secret("vapid-key", vapidKey, file: vapidKeyFile) else { return nil }
        guard let contact = source.string("vapid-contact", vapidContact) else {
            throw ValidationError("vapid-key needs vapid-contact, mailto:ADDRESS or https://…")
        }
        guard let key = VAPIDKey(text, contact: contact) else {
            throw ValidationError(
                """
                vapid-key must be a private key of P-256 in base64url, which `ringback vapid` makes, and vapid-contact \
                mailto:ADDRESS or https://….
                """)
        }
        return key
    }

    private func apns(_ source: SettingsSource) throws -> APNsSettings? {
        guard let path = source.string("apns-key", apnsKey) else { return nil }
        guard let keyID = source.string("apns-key-id", apnsKeyID),
            let teamID = source.string("apns-team-id", apnsTeamID), let topic = source.string("apns-topic", apnsTopic)
        else { throw ValidationError("apns-key needs apns-key-id, apns-team-id and apns-topic.") }
        return try APNsSettings(
            key: String(decoding: try SecretFile.contents(of: path, "apns-key"), as: UTF8.self), keyID: keyID,
            teamID: teamID, topic: topic, host: source.string("apns-host", apnsHost) ?? APNsSettings.host)
    }

    private func fcm(_ source: SettingsSource) throws -> FCMSettings? {
        guard let path = source.string("fcm-key", fcmKey) else { return nil }
        return try FCMSettings(
            file: try SecretFile.contents(of: path, "fcm-key"),
            host: source.string("fcm-host", fcmHost) ?? FCMSettings.host)
    }
}
