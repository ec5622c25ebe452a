import RingbackCore
import RingbackModel

/// What a server key permits the platform's back end.
enum PlatformRoutes {
    static func operations(_ services: Services) -> [Operation] {
        users(services) + sessions(services) + blocks(services) + ContactRoutes.platformOperations(services.platform)
            + calls(services)
            + [Operation(.platformListAudit, access: .platform(.audit)) { try await audit($0, services.platform) }]
    }

    private static func users(_ services: Services) -> [Operation] {
        let platform = services.platform
        return [
            Operation(.platformCreateUser, access: .platform(.users)) { try await create($0, platform) },
            Operation(.platformGetUser, access: .platform(.users)) { request in
                Answer(200, PlatformUser(account: try await platform.user(request.user(), request.keyUse())))
            },
            Operation(.platformUpdateUser, access: .platform(.users)) { try await update($0, platform) },
            Operation(.platformEraseUser, access: .platform(.users)) { request in
                try await platform.erase(request.user(), request.keyUse())
                return Answer(204)
            },
            Operation(.platformBanUser, access: .platform(.bans)) { request in
                Answer(200, PlatformUser(account: try await platform.ban(request.user(), request.keyUse())))
            },
            Operation(.platformUnbanUser, access: .platform(.bans)) { request in
                try await platform.unban(request.user(), request.keyUse())
                return Answer(204)
            },
        ]
    }

    private static func sessions(_ services: Services) -> [Operation] {
        let platform = services.platform
        return [
            Operation(.platformCreateSession, access: .platform(.sessions)) { try await createSession($0, platform) },
            Operation(.platformListSessions, access: .platform(.sessions)) { try await listSessions($0, services) },
            Operation(.platformRevokeSessions, access: .platform(.sessions)) { request in
                let count = try await platform.revokeSessions(of: request.user(), request.keyUse())
                var json = JSONWriter()
                json.object { $0.field("endedSessions", count) }
                return Answer(200, body: json.finish())
            },
            Operation(.platformRevokeSession, access: .platform(.sessions)) { request in
                let device = try request.device()
                try await platform.revokeSession(
                    device, of: request.user(), request.keyUse(object: device.rawValue))
                return Answer(204)
            },
        ]
    }

    private static func blocks(_ services: Services) -> [Operation] {
        let platform = services.platform
        return [
            Operation(.platformListBlocks, access: .platform(.blocks)) { request in
                let after = try request.userAfter()
                let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
                let blocks = try await platform.blocks(of: request.user(), request.keyUse())
                    .filter { block in after.map { $0.rawValue < block.userId.rawValue } ?? true }
                return Answer(200, ItemsPage(Array(blocks.prefix(limit + 1)), limit: limit) { $0.userId.rawValue })
            },
            Operation(.platformBlockUser, access: .platform(.blocks)) { request in
                let blocked = try request.user("blockedId")
                try await platform.block(blocked, by: request.user(), request.keyUse(object: blocked.rawValue))
                return Answer(204)
            },
            Operation(.platformUnblockUser, access: .platform(.blocks)) { request in
                let blocked = try request.user("blockedId")
                try await platform.unblock(blocked, by: request.user(), request.keyUse(object: blocked.rawValue))
                return Answer(204)
            },
        ]
    }

    private static func calls(_ services: Services) -> [Operation] {
        let platform = services.platform
        return [
            Operation(.platformListCalls, access: .platform(.readCalls)) { request in
                let query = try CallRoutes.query(request, of: request.user())
                let calls = try await platform.calls(query, request.keyUse())
                return Answer(200, ItemsPage(calls, limit: query.limit - 1) { $0.callId.rawValue })
            },
            Operation(.platformGetCall, access: .platform(.readCalls)) { request in
                let call = try request.call()
                return Answer(200, try await platform.call(call, request.keyUse(object: call.rawValue)))
            },
            Operation(.platformGetTimeline, access: .platform(.readCalls)) { request in
                let call = try request.call()
                return Answer(
                    200, ItemsPage(try await platform.timeline(of: call, request.keyUse(object: call.rawValue))))
            },
            Operation(.endCall, access: .platform(.endCalls)) { request in
                let call = try request.call()
                return try await platform.end(call, request.keyUse(object: call.rawValue))
            },
        ]
    }

    /// POST /v1/platform/users
    private static func create(_ request: OperationRequest, _ platform: PlatformService) async throws -> Answer {
        var reader = try request.reader()
        let user = reader.user("userId")
        let name = reader.name("displayName")
        let password = reader.text("password", characters: Limits.passwordCharacters)
        if let user, user.isReserved { reader.fail("userId", "is reserved") }
        try reader.finish()
        let id = try FieldReader.unwrap(user)
        let account = try await platform.create(
            id, displayName: name ?? id.rawValue, password: password, request.keyUse(user: id))
        return Answer(201, PlatformUser(account: account), location: "/v1/platform/users/\(id)")
    }

    /// PATCH /v1/platform/users/{userId}
    private static func update(_ request: OperationRequest, _ platform: PlatformService) async throws -> Answer {
        var reader = try request.reader(requiresBody: true)
        let name = reader.name("displayName")
        let busy = reader.choice("busy", of: BusyPolicy.allCases)
        let callsFrom = reader.choice("callsFrom", of: CallsFrom.allCases)
        let doNotDisturb = reader.doNotDisturb()
        let password = reader.text("password", characters: Limits.passwordCharacters)
        try reader.finish()
        let update = AccountService.Update(
            displayName: name, busy: busy, callsFrom: callsFrom, doNotDisturb: doNotDisturb)
        let (account, ended) = try await platform.update(request.user(), update, password: password, request.keyUse())
        return Answer(200, PlatformUser(account: account, endedSessions: password == nil ? nil : ended))
    }

    /// POST /v1/platform/users/{userId}/sessions
    private static func createSession(_ request: OperationRequest, _ platform: PlatformService) async throws -> Answer {
        var reader = try request.reader()
        let name = reader.name("deviceName")
        let device = reader.device("deviceId")
        try reader.finish()
        let user = try request.user()
        let session = try await platform.createSession(
            of: user, deviceName: name, device: device, request.keyUse(object: device?.rawValue))
        return Answer(201, session, location: "/v1/sessions/\(session.deviceId)")
    }

    /// GET /v1/platform/users/{userId}/sessions
    private static func listSessions(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let after = try request.deviceAfter()
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        let devices = try await services.platform.sessions(of: request.user(), request.keyUse())
            .filter { device in after.map { $0 < device.place } ?? true }
        return Answer(200, ItemsPage(Array(devices.prefix(limit + 1)), limit: limit) { $0.place.description })
    }

    /// GET /v1/platform/audit
    private static func audit(_ request: OperationRequest, _ platform: PlatformService) async throws -> Answer {
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        var query = AuditQuery(limit: limit + 1)
        query.key = try request.parameters["key"].map { text in
            guard let key = text == "administrator" ? .administrator : ServerKey.Name(text) else {
                throw Problem.invalid("key", "must be the name of a server key")
            }
            return key
        }
        query.user = try request.parameters["userId"].map { text in
            guard let user = UserID(text) else { throw Problem.invalid("userId", "must be a user identifier") }
            return user
        }
        query.before = try request.parameters["before"].map { text in
            guard let number = Int64(text), number > 0 else {
                throw Problem.invalid("before", "must be the `next` of a previous page")
            }
            return number
        }
        let entries = try await platform.audit(query, request.keyUse(user: query.user))
        return Answer(200, ItemsPage(entries.map(AuditItem.init), limit: limit) { String($0.entry.number) })
    }
}

/// A user as the platform's back end sees them.
private struct PlatformUser: JSONWritable {
    let account: Account
    var endedSessions: Int?

    func write(to json: inout JSONWriter) {
        json.object { json in
            account.ownUser.writeMembers(to: &json)
            json.field("hasPassword", account.passwordHash != Account.noPassword)
            json.optionalField("lastSeenAt", account.lastSeenAt)
            json.optionalField("bannedAt", account.bannedAt)
            if let endedSessions { json.field("endedSessions", endedSessions) }
        }
    }
}

private struct AuditItem: JSONWritable {
    let entry: AuditEntry

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("time", entry.time)
            json.field("key", entry.key.rawValue)
            json.field("operation", entry.operation)
            json.optionalField("userId", entry.user?.rawValue)
            json.optionalField("object", entry.object)
            json.optionalField("refusal", entry.refusal)
        }
    }
}
