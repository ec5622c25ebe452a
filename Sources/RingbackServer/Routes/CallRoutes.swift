import RingbackCore
import RingbackModel

enum CallRoutes {
    static func operations(_ services: Services) -> [Operation] {
        let calls = services.calls
        return [
            inviteOperation(services),
            Operation(.listCalls) { try await list($0, calls) },
            Operation(.getCall) { request in
                Answer(200, try await calls.call(request.call(), for: request.participant.userId))
            },
            transition(.alerting, .alerting),
            transition(.accept, .accept),
            Operation(.decline, change: decline),
            transition(.cancel, .cancel),
            transition(.connected, .connected),
            Operation(.hangUp, change: hangUp),
            Operation(.markSeen, repeating: .harmless) { request in
                _ = try request.reader()
                try await calls.markSeen(request.call(), by: request.signIn)
                return Answer(204)
            },
            Operation(.getTimeline) { request in
                Answer(200, ItemsPage(try await calls.timeline(of: request.call(), for: request.participant.userId)))
            },
        ]
    }

    /// POST /v1/calls/{callId}/alerting, /accept, /cancel, /connected
    private static func transition(_ id: APIOperation, _ command: CallCommand) -> Operation {
        Operation(id) { request in
            _ = try request.reader()
            return try request.change(.command(command))
        }
    }

    /// An invitation; if the platform is to be asked, as a task.
    private static func inviteOperation(_ services: Services) -> Operation {
        guard let permission = services.permission else {
            return Operation(.invite, change: { try change($0, invitation($0)) })
        }
        return Operation(.invite) { request in
            var invitation = try invitation(request)
            if invitation.callee != invitation.caller.userId {
                // Also for users who don't exist, so that the time does not depend on that.
                invitation.isPermitted = try await permission.ask(
                    invitation.caller.userId, invitation.callee, services.time.now)
            }
            // A repetition of an invitation gets its answer, whatever the platform says by now.
            return try await services.perform(change(request, invitation), from: request.source)
        }
    }

    /// POST /v1/calls
    private static func invitation(_ request: OperationRequest) throws -> Invitation {
        var reader = try request.reader()
        let callee = reader.user("callee")
        let media = reader.object("media") { reader in
            Call.Media(audio: reader.bool("audio") ?? true, video: reader.bool("video") ?? true)
        }
        let ringSeconds = reader.integer("ringSeconds", in: Limits.ringSeconds)
        let custom = reader.json("custom", bytes: Limits.customBytes)
        try reader.finish()
        return Invitation(
            caller: try request.participant, callee: try FieldReader.unwrap(callee), media: media ?? Call.Media(),
            custom: custom, ringSeconds: ringSeconds ?? 60)
    }

    private static func change(_ request: OperationRequest, _ invitation: Invitation) throws -> CallRequest {
        CallRequest(.invite(invitation), by: try request.signIn, key: try request.keyText())
    }

    /// GET /v1/calls
    private static func list(_ request: OperationRequest, _ calls: CallService) async throws -> Answer {
        let query = try query(request, of: request.participant.userId)
        return Answer(200, ItemsPage(try await calls.history(query), limit: query.limit - 1) { $0.callId.rawValue })
    }

    /// The query for a page of a user's calls, with one call more than the page has.
    static func query(_ request: OperationRequest, of user: UserID) throws -> HistoryQuery {
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        var query = HistoryQuery(user: user, limit: limit + 1)
        query.filter = try request.parameters["state"].map { text in
            if text.hasSameBytes(as: "live") { return .live }
            guard text.isASCII, let state = Call.State(rawValue: text) else {
                let states = Call.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("state", "must be one of live, \(states)")
            }
            return .state(state)
        }
        query.with = try request.parameters["with"].map { text in
            guard let user = UserID(text) else { throw Problem.invalid("with", "must be a user identifier") }
            return user
        }
        query.before = try request.parameters["before"].map { text in
            guard let call = CallID(text) else {
                throw Problem.invalid("before", "must be the `next` of a previous page")
            }
            return call
        }
        return query
    }

    /// POST /v1/calls/{callId}/decline
    @Sendable private static func decline(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader()
        let message = reader.text("message", characters: 0...Limits.messageCharacters)
        try reader.finish()
        return try request.change(.command(.decline(message: message)))
    }

    /// POST /v1/calls/{callId}/hangup
    @Sendable private static func hangUp(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader()
        let reasons: [EndReason] = [.completed, .iceFailed, .mediaFailed, .unsupported]
        let reason = reader.choice("reason", of: reasons)
        try reader.finish()
        return try request.change(.command(.hangUp(reason ?? .completed)))
    }
}
