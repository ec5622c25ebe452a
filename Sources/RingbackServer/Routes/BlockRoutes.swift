import RingbackCore
import RingbackModel

enum BlockRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.listBlocks) { request in
                Answer(200, ItemsPage(try await services.accounts.blocks(of: request.participant.userId)))
            },
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
}
