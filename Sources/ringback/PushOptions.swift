import ArgumentParser
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

    /// - Throws: `ValidationError`.
    func apply(_ source: SettingsSource, to settings: inout ServerSettings) throws {
        settings.vapidKey = try vapidKey(source)
        let addresses = source.string("push-addresses", pushAddresses) ?? "public"
        guard ["public", "any"].contains(addresses) else {
            throw ValidationError("push-addresses must be public or any.")
        }
        settings.pushIsPublic = addresses == "public"
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
}
