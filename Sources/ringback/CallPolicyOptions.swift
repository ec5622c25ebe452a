import ArgumentParser
import Logging
import RingbackCore
import RingbackIdentity
import RingbackModel
import RingbackServer

/// The options about who may call and find whom.
struct CallPolicyOptions: ParsableArguments {
    @Option(
        help: """
            Who may call a user: everyone, contacts (of that user), or webhook (the platform is asked about each call). \
            (default: everyone)
            """)
    var callPolicy: String?

    @Option(help: "The URL that is asked with --call-policy webhook, https: or on this machine.")
    var callWebhookUrl: String?

    @Option(help: "The secret that the question is signed with: whsec_ and base64. Prefer the environment.")
    var callWebhookSecret: String?

    @Option(help: "A file whose first line is that secret.", completion: .file())
    var callWebhookSecretFile: String?

    @Option(help: "Seconds that the platform has for its answer. (default: 3)")
    var callWebhookSeconds: Int?

    @Option(help: "Seconds that an answer of the platform is remembered. (default: 10)")
    var callWebhookCacheSeconds: Int?

    @Option(help: "Whether calls are permitted while the platform can't be asked: open or closed. (default: closed)")
    var callWebhookFailure: String?

    @Option(help: "Whom GET /v1/users lists: prefix (all, or those with a prefix), or exact. (default: prefix)")
    var directory: String?

    struct Policy {
        var callsFrom = CallsFrom.everyone
        var permission: CallPermission?
        var directory = ServerSettings.Directory.prefix
    }

    /// - Throws: `ValidationError`.
    func policy(_ source: SettingsSource, logger: Logger) throws -> Policy {
        var policy = Policy()
        if let text = source.string("directory", directory) {
            guard let directory = ServerSettings.Directory(rawValue: text) else {
                throw ValidationError("directory must be prefix or exact, not '\(text)'.")
            }
            policy.directory = directory
        }
        let name = source.string("call-policy", callPolicy) ?? "everyone"
        let webhook = try webhook(source)
        if name == "webhook" {
            guard let webhook else { throw ValidationError("call-policy webhook needs call-webhook-url.") }
            let asked = CallWebhook(webhook, logger: logger)
            policy.permission = CallPermission { try await asked.permits($0, toCall: $1, at: $2) }
        } else {
            guard let callsFrom = CallsFrom(rawValue: name) else {
                throw ValidationError("call-policy must be everyone, contacts or webhook, not '\(name)'.")
            }
            guard webhook == nil else { throw ValidationError("call-webhook-url needs call-policy webhook.") }
            policy.callsFrom = callsFrom
        }
        return policy
    }

    private func webhook(_ source: SettingsSource) throws -> CallWebhook.Settings? {
        let failure = source.string("call-webhook-failure", callWebhookFailure) ?? "closed"
        guard ["open", "closed"].contains(failure) else {
            throw ValidationError("call-webhook-failure must be open or closed, not '\(failure)'.")
        }
        let seconds = try source.integer("call-webhook-seconds", callWebhookSeconds, in: 1...30, default: 3)
        let memory = try source.integer(
            "call-webhook-cache-seconds", callWebhookCacheSeconds, in: 0...86_400, default: 10)
        guard let url = source.string("call-webhook-url", callWebhookUrl) else { return nil }
        guard KeyURL.isAcceptable(url) else {
            throw ValidationError(
                "call-webhook-url must be an https: URL, or an http: URL of this machine, not '\(url.prefix(200))'.")
        }
        guard
            let text = try source.secret("call-webhook-secret", callWebhookSecret, file: callWebhookSecretFile),
            let secret = WebhookSigningKey(text)
        else {
            throw ValidationError(
                "call-webhook-secret must be whsec_ and 24 to 64 bytes in base64. `ringback webhooks secret` makes one."
            )
        }
        var settings = CallWebhook.Settings(url: url, secret: secret)
        settings.timeout = .seconds(Int64(seconds))
        settings.memory = .seconds(Int64(memory))
        settings.failsOpen = failure == "open"
        return settings
    }
}
