import CurlTransport
import RingbackCore
import RingbackModel

/// Sends data messages by Firebase Cloud Messaging, by the HTTP v1 API (`projects.messages.send`).
struct FCMService: PushService {
    private static let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    /// What FCM asks for if it sets no limit itself.
    private static let pause: Duration = .seconds(60)

    /// Of missed calls, of which a device gets the newest. FCM keeps messages of four keys for a device, and delays
    /// those with one that come often, so that calls must not have any.
    private static let collapseKey = "missed"

    private let settings: FCMSettings
    private let client: VendorClient
    private let time: any Timekeeper
    private let tokens: FCMTokens

    init(_ settings: FCMSettings, _ client: VendorClient, time: any Timekeeper) {
        self.settings = settings
        self.client = client
        self.time = time
        tokens = FCMTokens(time: time) { () async throws(FCMTokens.Failure) in
            try await Self.token(settings, client, at: time.now)
        }
    }

    func send(_ push: Push) async throws -> PushResult {
        guard case .app(.fcm, let device) = push.target else { return .result(.void("not a device of FCM")) }
        do throws(FCMTokens.Failure) {
            let token = try await tokens.current()
            let response = try await post(push, device, token)
            guard Self.isUnauthenticated(response) else { return Self.result(response) }
            tokens.refused(token)
            return Self.result(try await post(push, device, try await tokens.current()))
        } catch {
            let result = OutboxResult.unavailable(error.reason, retryAfter: error.retryAfter)
            return error.isDenied ? .denied(result) : .result(result)
        }
    }

    private func post(_ push: Push, _ device: String, _ token: String) async throws(FCMTokens.Failure) -> CurlResponse {
        do {
            return try await client.post(
                "https://\(settings.host)/v1/projects/\(settings.project)/messages:send",
                body: Self.body(push, device, at: time.now),
                [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")])
        } catch {
            throw .init(reason: "\(error)")
        }
    }

    /// A data message, whose members are those of the push as strings.
    static func body(_ push: Push, _ device: String, at now: Timestamp) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.object { json in
            json.name("message")
            json.object { json in
                json.field("token", device)
                json.name("data")
                json.raw(push.body)
                json.name("android")
                json.object { json in
                    json.field("priority", "HIGH")
                    json.field("ttl", "\(push.seconds(at: now))s")
                    if push.type == .missed { json.field("collapse_key", collapseKey) }
                }
            }
        }
        return json.finish()
    }

    /// Exchanges an assertion for an access token (RFC 7523).
    private static func token(
        _ settings: FCMSettings, _ client: VendorClient, at now: Timestamp
    ) async throws(FCMTokens.Failure) -> (text: String, lifetime: Duration) {
        let response: CurlResponse
        do {
            let form = "grant_type=\(grant.replacing(":", with: "%3A"))&assertion=\(try settings.assertion(at: now))"
            response = try await client.post(
                settings.tokenURL, body: Array(form.utf8), [("Content-Type", "application/x-www-form-urlencoded")])
        } catch {
            throw .init(reason: "no access token: \(error)")
        }
        let json = try? JSONSlice(parsing: response.body)
        guard response.head.status == 200, let text = json?["access_token"]?.string, isToken(text) else {
            let status = response.head.status
            throw .init(
                reason: "no access token: status \(status)\(json?["error"]?.string.map { " \($0)" } ?? "")",
                retryAfter: response.head.retryAfter, isDenied: (400..<429).contains(status))
        }
        let seconds = min(max(json?["expires_in"]?.integer ?? 3600, 1), 86_400)
        return (text, .seconds(seconds))
    }

    /// Whether a text can be sent as a bearer token (RFC 6750).
    private static func isToken(_ text: String) -> Bool {
        (1...4096).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func isUnauthenticated(_ response: CurlResponse) -> Bool {
        response.head.status == 401 && error(response).code != "THIRD_PARTY_AUTH_ERROR"
    }

    private struct Refusal {
        /// `errorCode` of an `FcmError`, otherwise the `status` of the error.
        var code = ""
        /// Whether it is about the device's token and not about the rest of the request.
        var isAboutToken = false
        /// Whether a quota of the whole project is exceeded, as far as it says.
        var isAboutProject = true
    }

    private static func error(_ response: CurlResponse) -> Refusal {
        guard let error = (try? JSONSlice(parsing: response.body))?["error"] else { return Refusal() }
        let details = error["details"]?.elements ?? []
        let code = details.lazy.compactMap { $0["errorCode"]?.string }.first ?? error["status"]?.string ?? ""
        let fields = details.flatMap { $0["fieldViolations"]?.elements ?? [] }.compactMap { $0["field"]?.string }
        // `ErrorInfo` has the name of the limit, and `QuotaFailure` describes it.
        let violations = details.flatMap { $0["violations"]?.elements ?? [] }
        let limits =
            details.compactMap { $0["metadata"]?["quota_limit"]?.string }
            + violations.flatMap { [$0["subject"]?.string, $0["description"]?.string].compactMap(\.self) }
        return Refusal(
            code: String(code.prefix(64)),
            isAboutToken: fields.contains("message.token")
                || error["message"]?.string?.contains("registration token") ?? false,
            isAboutProject: details.isEmpty || limits.contains(where: isOfProject))
    }

    private static func isOfProject(_ limit: String) -> Bool {
        let text = limit.lowercased().filter { $0 != " " }
        return text.contains("perproject") || text.hasPrefix("project")
    }

    static func result(_ response: CurlResponse) -> PushResult {
        let (status, after) = (response.head.status, response.head.retryAfter)
        let error = error(response)
        let text = "status \(status)\(error.code.isEmpty ? "" : " \(error.code)")"
        switch (status, error.code) {
        case (200, _): return .result(.delivered)
        case (_, "UNREGISTERED"): return .ended(text)
        case (_, "SENDER_ID_MISMATCH"): return .unknownToken(text)
        case (400, _) where error.isAboutToken: return .ended(text)
        case (401, "THIRD_PARTY_AUTH_ERROR"): return .denied(.refused(text))
        case (401, _), (403, _): return .denied(.unavailable(text))
        case (429, _) where error.isAboutProject: return .result(.unavailable(text, retryAfter: after ?? pause))
        // Of this device.
        case (429, _): return .result(.refused(text, retryAfter: after))
        case (500..., _): return .result(.unavailable(text, retryAfter: after))
        default: return .denied(.refused(text))
        }
    }
}
