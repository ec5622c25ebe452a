import RingbackCore
import RingbackModel

/// Facts that only invitations depend on. Those about the callees that the jobs' scopes name are loaded together.
extension CallGroup {
    func isContact(_ contact: UserID, of user: UserID) throws -> Bool {
        let pair = ContactPair(user: user, contact: contact)
        if let known = contacts[pair] { return known }
        try load(callees: [pair])
        return contacts[pair] ?? false
    }

    func presentDevices(of user: UserID) throws -> Set<DeviceID> {
        if presentElsewhere[user] == nil { try load(callees: [], awaited: [user]) }
        return presence.here.read { $0.presentDevices(of: user) }.union(presentElsewhere[user] ?? [])
    }

    func pushSubscriptions(of user: UserID) throws -> [PushSubscription] {
        if pushed[user] == nil { try load(callees: [], awaited: [user]) }
        return pushed[user] ?? []
    }

    private func load(callees: Set<ContactPair>, awaited: Set<UserID> = []) throws {
        var statements: [Statement] = []
        var readers: [(Rows) throws -> Void] = []
        addFacts(of: callees, awaited: awaited) { statement, read in
            statements.append(statement)
            readers.append(read)
        }
        for (rows, read) in zip(try connection.run(statements), readers) { try read(rows) }
    }

    /// - Parameters:
    ///   - callees: Who is called, with the caller.
    ///   - awaited: Callees whose devices matter.
    func addFacts(
        of callees: Set<ContactPair>, awaited: Set<UserID>,
        to add: (Statement, @escaping (Rows) throws -> Void) -> Void
    ) {
        let pairs = Array(callees)
        if !pairs.isEmpty {
            add(
                Statement(
                    """
                    SELECT c.user_id, c.contact_id FROM unnest($1::text[], $2::text[]) AS asked (user_id, contact_id)
                    JOIN contacts c ON c.user_id = asked.user_id AND c.contact_id = asked.contact_id
                    """, .texts(pairs.map(\.user.rawValue)), .texts(pairs.map(\.contact.rawValue)))
            ) { [self] rows in
                for pair in pairs { contacts[pair] = false }
                for pair in try rows.map({ ContactPair(user: try $0.user(0), contact: try $0.user(1)) }) {
                    contacts[pair] = true
                }
            }
        }
        let users = Array(awaited)
        guard !users.isEmpty else { return }
        add(PostgresPresence.presentElsewhere(users, than: presence.node)) { [self] rows in
            for user in users { presentElsewhere[user] = [] }
            for (user, device) in try rows.map({ (try $0.user(0), try $0.device(1)) }) {
                presentElsewhere[user, default: []].insert(device)
            }
        }
        add(PostgresReader.subscriptions(of: users)) { [self] rows in
            for user in users { pushed[user] = [] }
            for (user, subscription) in try rows.map({ (try $0.user(4), try PostgresReader.subscription($0)) }) {
                pushed[user, default: []].append(subscription)
            }
        }
    }
}
