import RingbackCore
import RingbackModel

enum PresenceRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.getPresence) { request in
                Answer(200, try await services.presence.presence(of: request.user(), for: request.participant.userId))
            },
            Operation(.getWatching) { request in
                Answer(200, ItemsPage(try await services.presence.watched(by: request.participant)))
            },
            Operation(.setWatching, repeating: .harmless) {
                try await watch($0, services)
            },
        ]
    }

    /// PUT /v1/users/me/watching
    private static func watch(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        var reader = try request.reader()
        var users: [UserID] = []
        for (index, element) in (reader.array("userIds", count: 0...Limits.watchedUsers) ?? []).enumerated() {
            if let user = element.string.flatMap({ UserID($0) }) {
                if !users.contains(user) { users.append(user) }
            } else {
                reader.fail("userIds[\(index)]", "must be a user identifier")
            }
        }
        try reader.finish()
        return Answer(200, ItemsPage(try await services.presence.watch(users, by: request.signIn)))
    }
}
