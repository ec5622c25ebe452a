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
        guard services.settings.registration == .open else {
            throw Problem(
                .forbidden,
                """
                Registration is closed. The operator of the server creates users with a server key, or opens it with \
                --registration open.
                """)
        }
        var reader = try request.reader()
        let user = reader.user("userId")
        let name = reader.name("displayName")
        let password = reader.text("password", characters: Limits.passwordCharacters, isRequired: true)
        if let user, user.isReserved { reader.fail("userId", "is reserved") }
        try reader.finish()
        let id = try FieldReader.unwrap(user)
        let registered = try await services.accounts.register(
            id, displayName: name ?? id.rawValue, password: try FieldReader.unwrap(password),
            from: request.source?.text)
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
        if services.settings.directory == .exact {
            // Only the user of exactly this identifier.
            let users = try await services.accounts.users(prefix: prefix, after: after, limit: 1)
                .filter { $0.userId.rawValue == prefix }
            return Answer(200, ItemsPage(users, limit: limit) { $0.userId.rawValue })
        }
        let users = try await services.accounts.users(prefix: prefix, after: after, limit: limit + 1)
        return Answer(200, ItemsPage(users, limit: limit) { $0.userId.rawValue })
    }

    /// PATCH /v1/users/me
    private static func update(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        var reader = try request.reader(requiresBody: true)
        let name = reader.name("displayName")
        let busy = reader.choice("busy", of: BusyPolicy.allCases)
        let callsFrom = reader.choice("callsFrom", of: CallsFrom.allCases)
        let doNotDisturb = reader.doNotDisturb()
        let password = reader.text("password", characters: Limits.passwordCharacters)
        let oldCharacters = 1...Limits.passwordCharacters.upperBound
        let oldPassword = reader.text("oldPassword", characters: oldCharacters, isRequired: password != nil)
        try reader.finish()
        var update = AccountService.Update(
            displayName: name, busy: busy, callsFrom: callsFrom, doNotDisturb: doNotDisturb)
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
    private let items: [Item]
    private let limit: Int
    private let position: ((Item) -> String)?

    /// - Parameter items: Up to one more than `limit`. The page ends sooner, with the item with which they have
    ///   ``Limits/pageBytes``.
    init(_ items: [Item], limit: Int, position: @escaping (Item) -> String) {
        (self.items, self.limit, self.position) = (items, limit, position)
    }

    /// All of them, however many.
    init(_ items: [Item]) {
        self.items = items
        limit = .max
        position = nil
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            var last: Item?
            var written = 0
            json.name("items")
            json.array { json in
                let start = json.count
                for item in items.prefix(limit) {
                    if position != nil, json.count - start >= Limits.pageBytes { break }
                    item.write(to: &json)
                    (last, written) = (item, written + 1)
                }
            }
            if written < items.count, let last, let position { json.field("next", position(last)) }
        }
    }
}
