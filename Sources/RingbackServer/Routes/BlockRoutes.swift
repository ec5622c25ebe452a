import RingbackCore
import RingbackModel

enum BlockRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.listBlocks) { try await list($0, services) },
            Operation(.blockUser, repeating: .harmless) { request in
                try await services.accounts.block(request.user(), by: request.signIn)
                return Answer(204)
            },
            Operation(.unblockUser, repeating: .harmless) { request in
                try await services.accounts.unblock(request.user(), by: request.signIn)
                return Answer(204)
            },
        ]
    }

    /// GET /v1/users/me/blocks
    private static func list(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let after = try request.userAfter()
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        let user = try request.participant.userId
        let blocks = try await services.accounts.blocks(of: user, after: after, limit: limit + 1)
        return Answer(200, ItemsPage(blocks, limit: limit) { $0.userId.rawValue })
    }
}
