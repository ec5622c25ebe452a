import HTTPTypes
import RingbackCore
import RingbackModel

enum BlockRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation("listBlocks", .get, "/v1/users/me/blocks") { request in
                Answer(200, ItemsPage(try await services.accounts.blocks(of: request.participant.userId)))
            },
            Operation("blockUser", .put, "/v1/users/me/blocks/{userId}", repeating: .harmless) { request in
                try await services.accounts.block(request.user(), by: request.participant.userId)
                return Answer(204)
            },
            Operation("unblockUser", .delete, "/v1/users/me/blocks/{userId}", repeating: .harmless) { request in
                try await services.accounts.unblock(request.user(), by: request.participant.userId)
                return Answer(204)
            },
        ]
    }
}
