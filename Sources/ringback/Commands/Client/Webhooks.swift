import ArgumentParser
import CurlTransport
import Foundation
import RingbackCore
import RingbackModel

/// `ringback webhooks`
struct Webhooks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, replay and test the webhook messages of a server.",
        discussion: """
            All but `secret` need a server key with the scope webhooks in RINGBACK_SERVER_KEY, or the administrator's token \
            in RINGBACK_ADMIN_TOKEN.
            """,
        subcommands: [ListWebhooks.self, ReplayWebhook.self, TestWebhook.self, WebhookSecret.self])
}

/// `ringback webhooks list`
struct ListWebhooks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List endpoints, or with --status or --webhook their newest messages.")

    @Option(help: "Only messages that are waiting, delivered or failed.")
    var status: String?

    @Option(help: "Only messages to this endpoint.")
    var webhook: String?

    @Option(help: "The maximum number of messages, up to 100.")
    var limit = 50

    @Flag(help: "Print one JSON object per line.")
    var json = false

    @OptionGroup var server: AdministratorOptions

    func run() async throws {
        try await reporting {
            guard status != nil || webhook != nil else { return try await listEndpoints() }
            let query = [("status", status), ("webhook", webhook), ("limit", "\(limit)")]
                .compactMap { name, value in
                    value.flatMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
                        .map { "\(name)=\($0)" }
                }
            for item in try await server.items("v1/webhooks/deliveries?" + query.joined(separator: "&")) {
                Terminal.say(json ? item.rawText : DeliveryLine(item).text)
            }
        }
    }

    private func listEndpoints() async throws {
        for item in try await server.items("v1/webhooks") {
            if json {
                Terminal.say(item.rawText)
            } else {
                let waiting = item["waiting"]?.integer ?? 0
                let values = ["webhook", "url"].compactMap { item[$0]?.string } + ["\(waiting) waiting"]
                Terminal.say(Terminal.clean(values.joined(separator: "  ")))
            }
        }
    }
}

/// `ringback webhooks replay`
struct ReplayWebhook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Deliver messages again.",
        discussion: "A message keeps its webhook-id, by which its receiver recognizes it.")

    @Argument(help: "Identifiers of messages, from `ringback webhooks list --status failed`.")
    var messages: [String] = []

    @Option(help: "Replay all failed messages to this endpoint.")
    var failed: String?

    @OptionGroup var server: AdministratorOptions

    func validate() throws {
        guard messages.isEmpty != (failed == nil) else {
            throw ValidationError("Give either identifiers of messages or --failed ENDPOINT.")
        }
    }

    func run() async throws {
        try await reporting {
            var ids = messages
            if let failed, let name = failed.addingPercentEncoding(withAllowedCharacters: .alphanumerics) {
                var path: String? = "v1/webhooks/deliveries?status=failed&limit=100&webhook=\(name)"
                while let next = path {
                    let page = try await server.request("GET", next)
                    ids += page["items"]?.elements?.compactMap { $0["deliveryId"]?.string } ?? []
                    path = page["next"]?.string.map {
                        "v1/webhooks/deliveries?status=failed&limit=100&webhook=\(name)&before=\($0)"
                    }
                }
            }
            for id in ids {
                guard id.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }) else {
                    throw CommandError("'\(Terminal.clean(id))' is not the identifier of a message.")
                }
                _ = try await server.request("POST", "v1/webhooks/deliveries/\(id)/replay")
                Terminal.say("Replayed: \(id)")
            }
        }
    }
}

/// `ringback webhooks test`
struct TestWebhook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a message of type webhook.test to an endpoint, and wait for its result.")

    @Argument(help: "The name of the endpoint.")
    var webhook: String

    @OptionGroup var server: AdministratorOptions

    func run() async throws {
        try await reporting {
            let name = webhook.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? webhook
            var delivery = try await server.request("POST", "v1/webhooks/\(name)/test")
            let id = delivery["deliveryId"]?.string ?? ""
            let end = ContinuousClock.now + .seconds(20)
            while delivery["status"]?.string == "waiting", delivery["attempts"]?.integer == 0,
                ContinuousClock.now < end
            {
                try await Task.sleep(for: .milliseconds(250))
                delivery = try await server.request("GET", "v1/webhooks/deliveries/\(id)")
            }
            Terminal.say(DeliveryLine(delivery).text)
            if delivery["status"]?.string != "delivered" {
                throw CommandError("The message was not delivered: \(delivery["error"]?.string ?? "no response yet")")
            }
        }
    }
}

/// `ringback webhooks secret`
struct WebhookSecret: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Print a new secret for an endpoint.")

    func run() { Terminal.say(WebhookSigningKey.random()) }
}

/// A message on a line of text.
private struct DeliveryLine {
    let text: String

    init(_ json: JSONSlice) {
        let attempts = json["attempts"]?.integer ?? 0
        let values =
            ["deliveryId", "createdAt", "webhook", "type", "status"].map { json[$0]?.string }
            + ["\(attempts) attempt\(attempts == 1 ? "" : "s")", json["error"]?.string]
        text = Terminal.clean(values.compactMap(\.self).joined(separator: "  "))
    }
}

/// Options for the commands of an administrator.
struct AdministratorOptions: ParsableArguments {
    @Option(help: "The URL of the server. [RINGBACK_SERVER] (default: http://localhost:8080)")
    var server: String?

    @Option(help: "A PEM file of certificates to trust instead of the system's.", completion: .file())
    var certificateAuthorities: String?

    /// - Throws: ``CommandError`` for responses that are errors.
    func request(_ method: String, _ path: String) async throws -> JSONSlice {
        let environment = ProcessInfo.processInfo.environment
        let tokens = ["RINGBACK_SERVER_KEY", "RINGBACK_ADMIN_TOKEN"].compactMap { environment[$0] }
        guard let token = tokens.first(where: { !$0.isEmpty }) else {
            throw CommandError(
                "Put a server key with the scope webhooks into RINGBACK_SERVER_KEY, or the administrator's token into RINGBACK_ADMIN_TOKEN."
            )
        }
        let url = try ServerURL.parse(server ?? environment["RINGBACK_SERVER"] ?? "http://localhost:8080")
        let base = url.absoluteString.hasSuffix("/") ? url.absoluteString : url.absoluteString + "/"
        let options = CurlOptions(certificateAuthorities: certificateAuthorities)
        var request = CurlRequest(url: base + path, options: options)
        request.method = method
        request.headers = [("Authorization", "Bearer \(token)")]
        if method == "POST" { request.body = [] }
        request.timeout = .seconds(30)
        let response: CurlResponse
        do {
            response = try await CurlDriver.shared.perform(request)
        } catch CurlError.failed(_, let reason) {
            throw CommandError("\(Terminal.clean(base)) can't be reached: \(Terminal.clean(reason))")
        }
        let body = try? JSONSlice(parsing: response.body)
        guard (200..<300).contains(response.head.status), let body else {
            let detail = body?["detail"]?.string ?? "status \(response.head.status)"
            throw CommandError("The server refused the request: \(Terminal.clean(detail))")
        }
        return body
    }

    func items(_ path: String) async throws -> [JSONSlice] { try await request("GET", path)["items"]?.elements ?? [] }
}

extension JSONSlice {
    fileprivate var rawText: String { String(decoding: text.utf8, as: UTF8.self) }
}
