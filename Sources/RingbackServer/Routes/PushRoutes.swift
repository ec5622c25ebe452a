import Crypto
import Foundation
import RingbackCore
import RingbackModel

enum PushRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.getPush) { _ in
                let settings = services.settings
                guard settings.usesPush else { throw notConfigured }
                var json = JSONWriter()
                json.object { json in
                    json.name("services")
                    json.array(settings.pushServices) { $0.string($1) }
                    if let key = settings.vapidKey { json.field("applicationServerKey", key.publicKey) }
                }
                return Answer(200, body: json.finish())
            },
            Operation(.setPushSubscription) { try await save($0, services) },
            Operation(.setPushToken) { try await saveToken($0, services) },
            Operation(.deletePushSubscription) { request in
                let signIn = try request.signIn
                try await services.store.write(of: signIn.participant.userId) { store in
                    guard try store.isSignedIn(signIn) else { throw SessionService.unauthenticated }
                    try store.deletePushSubscription(of: signIn.participant.deviceId)
                }
                return Answer(204)
            },
        ]
    }

    /// PUT /v1/push/subscription
    private static func save(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        guard services.settings.vapidKey != nil else { throw notConfigured }
        var reader = try request.reader(requiresBody: true)
        let endpoint = reader.text("endpoint", characters: 1...2048, isRequired: true)
        if let endpoint, !isPushResource(endpoint, services.settings) {
            reader.fail("endpoint", "must be an https: URL")
        }
        let keys = reader.object("keys", isRequired: true) { reader -> (key: [UInt8], secret: [UInt8])? in
            let key =
                reader.text("p256dh", characters: 1...100, isRequired: true)
                .flatMap { Data(base64URL: $0) }.map { Array($0) } ?? []
            if (try? P256.KeyAgreement.PublicKey(x963Representation: key)) == nil {
                reader.fail("p256dh", "must be an uncompressed point of P-256 in base64url")
            }
            let secret =
                reader.text("auth", characters: 1...100, isRequired: true)
                .flatMap { Data(base64URL: $0) }.map { Array($0) } ?? []
            if secret.count != 16 { reader.fail("auth", "must be 16 bytes in base64url") }
            return (key, secret)
        }
        try reader.finish()
        let values = try FieldReader.unwrap(keys)
        let resource = WebPushResource(
            endpoint: try FieldReader.unwrap(endpoint), publicKey: values.key, secret: values.secret)
        return try await save(.browser(resource), request, services)
    }

    /// PUT /v1/push/token
    private static func saveToken(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        guard services.settings.usesPush else { throw notConfigured }
        var reader = try request.reader(requiresBody: true)
        _ = reader.member("service", true)
        let service = reader.choice("service", of: AppPushService.allCases)
        let token = reader.text("token", characters: 1...2048, isRequired: true)
        if let service, let token, !service.accepts(token) {
            reader.fail("token", "must be a device token of \(service.rawValue)")
        }
        try reader.finish()
        let known = try FieldReader.unwrap(service)
        guard services.settings.pushServices.contains(known.rawValue) else {
            throw Problem(.notFound, "The server has no key for \(known.rawValue).")
        }
        return try await save(.app(known, token: known.canonical(try FieldReader.unwrap(token))), request, services)
    }

    private static func save(
        _ target: PushSubscription.Target, _ request: OperationRequest, _ services: Services
    ) async throws -> Answer {
        let signIn = try request.signIn
        let subscription = PushSubscription(device: signIn.participant.deviceId, target)
        let now = services.time.now
        try await services.store.write(of: signIn.participant.userId) { store in
            guard try store.isSignedIn(signIn) else { throw SessionService.unauthenticated }
            try store.save(subscription, at: now)
        }
        return Answer(204)
    }

    private static func isPushResource(_ text: String, _ settings: ServerSettings) -> Bool {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let parts = URLComponents(string: text),
            parts.host?.isEmpty == false, parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return false }
        return parts.scheme == "https" || parts.scheme == "http" && !settings.pushIsPublic
    }

    private static var notConfigured: Problem { Problem(.notFound, "The server has no key for pushes.") }
}
