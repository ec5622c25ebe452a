import Crypto
import Foundation
import RingbackCore
import RingbackModel

enum ICEServerRoutes {
    static func operations(_ services: Services) -> [Operation] {
        // A device asks once per call, and again after half the lifetime of the credentials.
        let limiter = RateLimiter<DeviceID>("ice-servers", perSecond: 1, burst: 30)
        return [
            Operation(.getICEServers) { request in
                let participant = try request.participant
                try limiter.spend(participant.deviceId, at: services.time.monotonic)
                let servers = ICEServers(settings: services.settings)
                return Answer(200, body: servers.json(for: participant.userId, at: services.time.now))
            }
        ]
    }
}

/// `RTCIceServer`s with time-limited TURN credentials: `username` is `expiry:userId`, `credential` its HMAC-SHA1 in
/// base64 (draft-uberti-behave-turn-rest; coturn's `use-auth-secret`).
struct ICEServers {
    let settings: ServerSettings

    func json(for user: UserID, at now: Timestamp) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.name("iceServers")
            json.array(0..<1) { json, _ in
                if !settings.stunURLs.isEmpty { write(settings.stunURLs, to: &json) }
                for server in settings.turnServers {
                    write(server.urls, credentials(for: user, secret: server.secret, at: now), to: &json)
                }
            }
            json.field("ttlSeconds", Int(settings.turnLifetime.milliseconds / 1000))
        }
        return json.finish()
    }

    private func write(
        _ urls: [String], _ credentials: (username: String, credential: String)? = nil, to json: inout JSONWriter
    ) {
        json.object { json in
            json.name("urls")
            json.array(urls) { $0.string($1) }
            json.optionalField("username", credentials?.username)
            json.optionalField("credential", credentials?.credential)
        }
    }

    private func credentials(
        for user: UserID, secret: String, at now: Timestamp
    ) -> (username: String, credential: String) {
        let expiry = (now + settings.turnLifetime).milliseconds / 1000
        let username = "\(expiry):\(user)"
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Data(username.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return (username, Data(code).base64EncodedString())
    }
}
