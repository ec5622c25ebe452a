import RingbackClient
import RingbackOpenAPI
import Testing
import Yams

/// Compares the requests of the client's methods with the OpenAPI document.
struct OperationTests {
    private static let methods: Set<String> = ["get", "put", "post", "delete", "patch", "options", "head", "trace"]

    /// Each operation of the document, and the corresponding method.
    private static let callers: [String: @Sendable (RingbackClient) async throws -> Void] = {
        let petya = UserID("petya")!
        let call = CallID("c7Q2vXk1SxeN0bJtYp8mRg")!
        let device = DeviceID("dJ8s1QmWc0u3nXv2bTfLgA")!
        return [
            "registerUser": { try await $0.registerUser(petya, password: "battery staple") },
            "listUsers": { _ = try await $0.listUsers(prefix: "pet", after: "petra", limit: 7) },
            "getMe": { _ = try await $0.getMe() },
            "updateMe": { _ = try await $0.updateMe(busy: .reject) },
            "deleteMe": { try await $0.deleteMe() },
            "getUser": { _ = try await $0.getUser(petya) },
            "listBlocks": { _ = try await $0.listBlocks() },
            "blockUser": { try await $0.blockUser(petya) },
            "unblockUser": { try await $0.unblockUser(petya) },
            "listContacts": { _ = try await $0.listContacts() },
            "addContact": { try await $0.addContact(petya) },
            "removeContact": { try await $0.removeContact(petya) },
            "getWatching": { _ = try await $0.getWatching() },
            "setWatching": { try await $0.setWatching([petya]) },
            "getPresence": { _ = try await $0.getPresence(petya) },
            "createSession": { try await $0.createSession(petya, password: "battery staple", deviceName: "Test") },
            "listSessions": { _ = try await $0.listSessions() },
            "getSession": { _ = try await $0.getSession(device) },
            "updateSession": { try await $0.updateSession(device, muted: true) },
            "deleteSessions": { _ = try await $0.deleteSessions() },
            "deleteSession": { try await $0.deleteSession(device) },
            "createTicket": { _ = try await $0.createTicket() },
            "invite": { _ = try await $0.invite("petya") },
            "listCalls": { _ = try await $0.listCalls(.live, with: petya, before: "c7Q2vXk1SxeN", limit: 3) },
            "getCall": { _ = try await $0.getCall(call) },
            "getTimeline": { _ = try await $0.getTimeline(call) },
            "alerting": { try await $0.alerting(call) },
            "accept": { try await $0.accept(call) },
            "decline": { try await $0.decline(call, message: "Later") },
            "cancel": { try await $0.cancel(call) },
            "connected": { try await $0.connected(call) },
            "hangUp": { try await $0.hangUp(call, reason: .iceFailed) },
            "markSeen": { try await $0.markSeen(call) },
            "endCall": { try await $0.endCall(call, administratorToken: "administrator") },
            "sendOffer": { try await $0.sendOffer(call, sdp: "v=0\r\n", iceRestart: true) },
            "getOffer": { _ = try await $0.getOffer(call) },
            "sendAnswer": { try await $0.sendAnswer(call, sdp: "v=0\r\n", negotiation: 1) },
            "getAnswer": { _ = try await $0.getAnswer(call) },
            "addCandidates": { try await $0.addCandidates(call, [ICECandidate(candidate: "")]) },
            "listCandidates": { _ = try await $0.listCandidates(call, after: "3", limit: 9) },
            "setMedia": { try await $0.setMedia(call, MediaState(isHeld: true)) },
            "reportQuality": { try await $0.reportQuality(call, QualitySummary()) },
            "getIceServers": { _ = try await $0.getICEServers() },
            "setPushToken": { try await $0.setPushToken("0a1b", of: .apns) },
            "deletePushSubscription": { try await $0.deletePushSubscription() },
            "pollEvents": { _ = try await $0.pollEvents(waitSeconds: 1) },
            "streamEvents": { for try await _ in $0.events(over: .only(.sse)) {} },
            "openSocket": { for try await _ in $0.events(over: .only(.webSocket)) {} },
            "getHealth": { _ = try await $0.getHealth() },
            "getReadiness": { _ = try await $0.getReadiness() },
            "getMetrics": { _ = try await $0.getMetrics() },
            "getOpenAPI": { _ = try await $0.getOpenAPI() },
            "getOpenAPIJSON": { _ = try await $0.getOpenAPIJSON() },
            "getDocs": { _ = try await $0.getDocs() },
            "getDemo": { _ = try await $0.getDemo() },
            "getAsset": { _ = try await $0.getAsset("docs.css") },
            "getSDKFile": { _ = try await $0.getSDKFile("ringback.js") },
        ]
    }()

    /// An operation of the document.
    struct Documented: Sendable {
        var id: String
        var method: String
        var path: String
        var query: Set<String>
        var hasBody: Bool
        var takesKey: Bool
        var isOpen: Bool
    }

    private static func document() throws -> [Documented] {
        let yaml = try Yams.load(yaml: String(decoding: OpenAPI.yaml, as: UTF8.self))
        let root = try #require(yaml as? [String: Any])
        let shared = try #require((root["components"] as? [String: Any])?["parameters"] as? [String: [String: Any]])
        var operations: [Documented] = []
        let paths = try #require(root["paths"] as? [String: [String: Any]])
        // The client is for devices. The back end of a platform uses these with a server key, and browsers Web Push.
        let others = ["/v1/platform/", "/v1/webhooks"]
        let ofBrowsers = [("get", "/v1/push"), ("put", "/v1/push/subscription")]
        for (path, item) in paths where !others.contains(where: { path.hasPrefix($0) }) {
            for (method, operation) in item where methods.contains(method) {
                if ofBrowsers.contains(where: { $0 == (method, path) }) { continue }
                let operation = try #require(operation as? [String: Any])
                let parameters = (operation["parameters"] as? [[String: Any]] ?? []).map { parameter in
                    (parameter["$ref"] as? String).flatMap { $0.split(separator: "/").last }
                        .flatMap { shared[String($0)] } ?? parameter
                }
                let names = { (place: String) in
                    Set(parameters.filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String })
                }
                operations.append(
                    Documented(
                        id: try #require(operation["operationId"] as? String), method: method.uppercased(), path: path,
                        query: names("query"), hasBody: operation["requestBody"] != nil,
                        takesKey: names("header").contains("Idempotency-Key"),
                        isOpen: (operation["security"] as? [Any])?.isEmpty == true))
            }
        }
        return operations
    }

    @Test func `every operation of the document has a method, and every method an operation`() throws {
        let documented = Set(try Self.document().map(\.id))
        #expect(documented.subtracting(Self.callers.keys) == [], "no method stands for these")
        #expect(Set(Self.callers.keys).subtracting(documented) == [], "these are not in the document")
    }

    @Test func `what a method sends is what the document says`() async throws {
        for operation in try Self.document() {
            let server = try ScriptedServer { _, connection in connection.problem(418, "teapot") }
            let client = try RingbackClient(
                baseURL: server.url, session: Script.session, network: .forTests,
                retries: RetryPolicy(maximumRetries: 0))
            let error = await #expect(throws: RingbackError.self) { try await Self.callers[operation.id]?(client) }
            #expect(error?.status == 418, "\(operation.id)")
            let request = try #require(server.requests.first, "\(operation.id) sends nothing")
            #expect(request.method == operation.method, "\(operation.id)")
            #expect(Self.fits(request.path, operation.path), "\(operation.id): \(request.path)")
            let query = request.target.split(separator: "?").dropFirst().joined().split(separator: "&")
            let names = Set(query.map { String($0.prefix { $0 != "=" }) })
            #expect(names.isSubset(of: operation.query), "\(operation.id): \(names)")
            #expect(!request.body.isEmpty == operation.hasBody, "\(operation.id)")
            #expect((request.headers["idempotency-key"] != nil) == operation.takesKey, "\(operation.id)")
            #expect((request.headers["authorization"] == nil) == operation.isOpen, "\(operation.id)")
            if operation.hasBody { #expect(request.headers["content-type"] == "application/json", "\(operation.id)") }
        }
    }

    @Test func `a password is sent without a key`() async throws {
        let server = try ScriptedServer { _, connection in connection.problem(403, "wrong_password") }
        let client = try RingbackClient(baseURL: server.url, session: Script.session, network: .forTests)
        let error = await #expect(throws: RingbackError.self) {
            try await client.changePassword(from: "correct horse", to: "battery staple")
        }
        #expect(error?.code == .wrongPassword)
        let request = try #require(server.requests.first)
        #expect(request.method == "PATCH" && request.path == "/v1/users/me")
        #expect(request.headers["idempotency-key"] == nil)
        #expect(String(decoding: request.body, as: UTF8.self).contains("battery staple"))
    }

    private static func fits(_ path: String, _ template: String) -> Bool {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let wanted = template.split(separator: "/", omittingEmptySubsequences: false)
        return segments.count == wanted.count
            && zip(segments, wanted).allSatisfy { $1.hasPrefix("{") ? !$0.isEmpty : $0 == $1 }
    }
}
