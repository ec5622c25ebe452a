import ArgumentParser
import RingbackServer

/// The options about endpoints that are told of calls and users.
struct WebhookOptions: ParsableArguments {
    @Option(
        name: .customLong("webhook-url"),
        help: "The URL of an endpoint that is told of calls and users: https://example.org/ringback")
    var webhookURL: String?

    @Option(
        help: """
            The secrets of the endpoint, separated by commas: the newest, and while it is replaced the previous one. Prefer the \
            environment. `ringback webhooks secret` makes one.
            """)
    var webhookSecrets: String?

    @Option(help: "A file whose first line is those secrets.", completion: .file())
    var webhookSecretsFile: String?

    @Option(help: "What the endpoint is told, separated by commas: call.incoming,call.missed,… (default: everything)")
    var webhookTypes: String?

    @Option(help: "The addresses that the endpoint may have: public or any. (default: public)")
    var webhookAddresses: String?

    @Option(
        help: "A JSON file with several endpoints. See docs/webhooks.md.", completion: .file(extensions: ["json"]))
    var webhooks: String?

    /// - Throws: `ValidationError`.
    func endpoints(_ source: SettingsSource) throws -> [WebhookEndpoint] {
        var endpoints: [WebhookEndpoint] = []
        let secrets = try source.secrets("webhook-secrets", webhookSecrets, file: webhookSecretsFile)
        if let url = source.string("webhook-url", webhookURL) {
            endpoints.append(
                try WebhookSettings.endpoint(
                    url: url, types: source.list("webhook-types", webhookTypes), secrets: secrets,
                    addresses: source.string("webhook-addresses", webhookAddresses)))
        } else if !secrets.isEmpty {
            throw ValidationError("webhook-secrets needs webhook-url.")
        }
        if let path = source.string("webhooks", webhooks) { endpoints += try WebhookSettings.endpoints(path: path) }
        guard endpoints.count <= WebhookEndpoint.maximumCount else {
            throw ValidationError(
                "At most \(WebhookEndpoint.maximumCount) webhooks can be configured, and \(endpoints.count) are.")
        }
        let names = Dictionary(grouping: endpoints, by: \.name)
        if let twice = names.first(where: { $0.value.count > 1 })?.key {
            throw ValidationError("There are two webhooks with the name \(twice).")
        }
        return endpoints
    }
}
