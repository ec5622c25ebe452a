import RingbackCore
import RingbackModel

enum UserRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.registerUser, access: .anyone) { try await register($0, services) },
            Operation(.listUsers) { try await list($0, services) },
            Operation(.getMe) { request in
                Answer(200, try await services.accounts.ownUser(request.participant.userId))
            },
            Operation(.updateMe, repeating: .harmless) { try await update($0, services) },
            Operation(.deleteMe) { try await erase($0, services) },
            Operation(.getUser) { request in
                Answer(200, try await services.accounts.user(request.user()))
            },
        ]
    }

    /// POST /v1/users
    private static func register(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        var reader = try request.reader()
        let user = reader.user("userId")
        let name = reader.text("displayName", characters: Limits.nameCharacters)
        let password = reader.text("password", characters: Limits.passwordCharacters, isRequired: true)
        // These have another meaning in a path.
        if let user, ["me", ".", ".."].contains(user.rawValue) { reader.fail("userId", "is reserved") }
        try reader.finish()
        let id = try FieldReader.unwrap(user)
        let registered = try await services.accounts.register(
            id, displayName: name ?? id.rawValue, password: try FieldReader.unwrap(password))
        return Answer(201, registered, location: "/v1/users/\(id)")
    }

    /// GET /v1/users
    private static func list(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let prefix = try request.parameters["prefix"] ?? ""
        guard UserID.isPrefix(prefix) else {
            throw Problem.invalid("prefix", "must be at most 64 characters of [A-Za-z0-9._~@-]")
        }
        let after = try request.parameters["after"].map { text in
            guard let user = UserID(text) else {
                throw Problem.invalid("after", "must be the `next` of a previous page")
            }
            return user
        }
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        let users = try await services.accounts.users(prefix: prefix, after: after, limit: limit + 1)
        return Answer(200, ItemsPage(users, limit: limit) { $0.userId.rawValue })
    }

    /// PATCH /v1/users/me
    private static func update(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        var reader = try request.reader(requiresBody: true)
        let name = reader.text("displayName", characters: Limits.nameCharacters)
        let busy = reader.choice("busy", of: BusyPolicy.allCases)
        let password = reader.text("password", characters: Limits.passwordCharacters)
        let oldCharacters = 1...Limits.passwordCharacters.upperBound
        let oldPassword = reader.text("oldPassword", characters: oldCharacters, isRequired: password != nil)
        try reader.finish()
        var update = AccountService.Update(displayName: name, busy: busy)
        if let password, let oldPassword { update.password = .init(password, insteadOf: oldPassword) }
        let (user, endedSessions) = try await services.accounts.update(by: request.signIn, update)
        var json = JSONWriter()
        json.object { json in
            user.writeMembers(to: &json)
            if password != nil { json.field("endedSessions", endedSessions) }
        }
        return Answer(200, body: json.finish())
    }

    /// DELETE /v1/users/me
    private static func erase(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        try await services.calls.erase(request.participant.userId, by: request.signIn)
        return Answer(204)
    }
}

/// A page of items. An item beyond `limit` indicates that there is another page.
struct ItemsPage<Item: JSONWritable>: JSONWritable {
    let items: [Item]
    let next: String?

    /// - Parameter items: At most `limit` + 1.
    init(_ items: [Item], limit: Int, position: (Item) -> String) {
        self.items = Array(items.prefix(limit))
        next = items.count > limit ? self.items.last.map(position) : nil
    }

    init(_ items: [Item]) {
        self.items = items
        next = nil
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("items", items)
            json.optionalField("next", next)
        }
    }
}
