import NIOHTTP1
import RingbackModel

/// A user that was registered by a case.
package struct TestUser: Sendable, Hashable {
    package let userId: String
    package let password: String

    /// Registers a user with a unique identifier that begins with `name`.
    static func register(_ name: String, over http: HTTPClient) async throws -> TestUser {
        let user = TestUser(userId: "\(name)-\(OpaqueText.random(bytes: 9))", password: OpaqueText.random(bytes: 12))
        let body: JSONLiteral = [
            "userId": .string(user.userId), "displayName": .string(name), "password": .string(user.password),
        ]
        let response = try await http.sendPatiently(.json(.POST, "/v1/users", body))
        guard response.status == 201, response.json?.text("userId") == user.userId else {
            throw ConformanceFailure("registering \(user.userId): expected 201 and the user, got \(response)")
        }
        return user
    }

    /// Signs a device in.
    ///
    /// - Returns: The session (section 5 of the protocol).
    func signIn(over http: HTTPClient, deviceId: String? = nil) async throws -> JSONSlice {
        var body: JSONLiteral = ["userId": .string(userId), "password": .string(password)]
        if let deviceId { body = body.adding("deviceId", .string(deviceId)) }
        let response = try await http.sendPatiently(.json(.POST, "/v1/sessions", body))
        guard response.status == 201, let session = response.json, session.text("token") != nil,
            session.text("deviceId") != nil, session.text("userId") == userId
        else { throw ConformanceFailure("signing in as \(userId): expected 201 and a session, got \(response)") }
        return session
    }
}

extension HTTPClient {
    /// Sends a request. If the server responds with 429, repeats it after the requested time, for up to a minute.
    fileprivate func sendPatiently(_ request: WireRequest) async throws -> WireResponse {
        var patience = 60
        while true {
            let response = try await send(request)
            guard response.status == 429, let seconds = response.header("retry-after").flatMap({ Int($0) }) else {
                return response
            }
            patience -= max(1, seconds)
            guard patience >= 0 else { return response }
            try await Task.sleep(for: .seconds(max(1, seconds)))
        }
    }
}
