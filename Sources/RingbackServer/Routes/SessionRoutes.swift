import RingbackCore
import RingbackModel

enum SessionRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.createSession, access: .anyone) { try await signIn($0, services) },
            Operation(.listSessions) { try await list($0, services) },
            Operation(.deleteSessions) { request in
                let count = try await services.sessions.revokeAll(by: request.signIn)
                var json = JSONWriter()
                json.object { $0.field("endedSessions", count) }
                return Answer(200, body: json.finish())
            },
            Operation(.getSession) { request in
                Answer(200, try await services.sessions.device(request.device(), for: request.participant))
            },
            Operation(.updateSession, repeating: .harmless) { try await update($0, services) },
            Operation(.deleteSession, repeating: .harmless) { request in
                try await services.sessions.revoke(request.device(), by: request.signIn)
                return Answer(204)
            },
            Operation(.createTicket) { request in
                guard case .device(let signIn, let end) = request.principal else { throw Dispatcher.notADevice }
                let ticket = try await services.sessions.issueTicket(to: signIn, until: end)
                var json = JSONWriter()
                json.object { json in
                    json.field("ticket", ticket)
                    json.field("expiresInSeconds", Int(SessionService.ticketLifetime.milliseconds / 1000))
                }
                return Answer(201, body: json.finish())
            },
        ]
    }

    /// GET /v1/sessions
    private static func list(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let after = try request.deviceAfter()
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        let devices = try await services.sessions.devices(of: request.participant, after: after, limit: limit + 1)
        return Answer(200, ItemsPage(devices, limit: limit) { $0.place.description })
    }

    /// PATCH /v1/sessions/{deviceId}
    private static func update(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let device = try request.device()
        var reader = try request.reader(requiresBody: true)
        let isMuted = reader.bool("muted")
        try reader.finish()
        if let isMuted { try await services.sessions.setMuted(isMuted, device, by: request.signIn) }
        return Answer(200, try await services.sessions.device(device, for: request.participant))
    }

    /// POST /v1/sessions
    private static func signIn(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        var reader = try request.reader()
        let name = reader.name("deviceName")
        let device = reader.device("deviceId")
        if let token = reader.text("platformToken", characters: 1...8192) {
            try reader.finish()
            let session = try await services.sessions.exchange(token, deviceName: name, device: device)
            return Answer(201, session, location: "/v1/sessions/\(session.deviceId)")
        }
        let user = reader.user("userId")
        let password = reader.text("password", characters: 1...Limits.passwordCharacters.upperBound, isRequired: true)
        let previousToken = reader.text("previousToken", characters: 1...512)
        try reader.finish()
        let session = try await services.sessions.signIn(
            try FieldReader.unwrap(user), password: try FieldReader.unwrap(password), deviceName: name, device: device,
            previousToken: previousToken, from: request.source?.text)
        return Answer(201, session, location: "/v1/sessions/\(session.deviceId)")
    }
}
