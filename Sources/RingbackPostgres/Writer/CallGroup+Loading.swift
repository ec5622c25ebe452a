import RingbackCore
import RingbackModel

/// The first round trip: the locks in their order (users, calls), then the facts.
extension CallGroup {
    /// Begins the transaction, and loads what the jobs' scopes name.
    ///
    /// - Parameter lockTimeout: How long to wait for each lock; `nil` for the session's setting.
    func begin(_ jobs: [any StoreJob], lockTimeout: Duration? = nil) throws {
        var (calls, users, keys): (Set<CallID>, Set<UserID>, Set<InvitationKey>) = ([], [], [])
        var devices: Set<DeviceID> = []
        var (callees, awaited): (Set<ContactPair>, Set<UserID>) = ([], [])
        for job in jobs {
            let scope = job.scope
            calls.formUnion(scope.calls)
            users.formUnion(scope.users)
            if let key = scope.invitation { keys.insert(key) }
            if let signIn = scope.signIn {
                devices.insert(signIn.participant.deviceId)
                if let callee = scope.callee {
                    callees.insert(ContactPair(user: callee, contact: signIn.participant.userId))
                }
            }
            if scope.asksForDevices, let callee = scope.callee { awaited.insert(callee) }
        }
        try load(
            calls: Array(calls), users: Array(users), keys: Array(keys), devices: Array(devices),
            callees: callees, awaited: awaited,
            first: [Statement("BEGIN")]
                + (lockTimeout.map { [Statement("SET LOCAL lock_timeout = \($0.milliseconds)")] } ?? []))
    }

    func load(devices: [DeviceID]) throws { try load(calls: [], users: [], keys: [], devices: devices) }

    func load(calls: [CallID]) throws { try load(calls: calls, users: [], keys: []) }

    /// Loads a user that the scope did not name.
    func load(_ user: UserID) throws {
        if !users.contains(user) { try load(calls: [], users: [user], keys: []) }
    }

    func load(_ keys: [InvitationKey]) throws { try load(calls: [], users: [], keys: keys) }

    private func load(
        calls: [CallID], users: [UserID], keys: [InvitationKey], devices: [DeviceID] = [],
        callees: Set<ContactPair> = [], awaited: Set<UserID> = [], first: [Statement] = []
    ) throws {
        var statements: [Statement] = []
        var readers: [(Rows) throws -> Void] = []
        func add(_ statement: Statement, _ read: @escaping (Rows) throws -> Void = { _ in }) {
            statements.append(statement)
            readers.append(read)
        }
        for statement in first { add(statement) }
        let names = users.map(\.rawValue).sorted()
        if !names.isEmpty { add(Self.lock(names, seed: lockSeed)) }
        if !names.isEmpty || !calls.isEmpty { add(statement(calls: calls, users: names), readCalls) }
        if !names.isEmpty { addFacts(of: names, to: add) }
        addFacts(of: callees, awaited: awaited, to: add)
        if !devices.isEmpty {
            add(
                Statement(
                    "\(PostgresReader.selectDevice) WHERE device_id = ANY($1)", .texts(devices.map(\.rawValue)))
            ) { [self] rows in
                for device in devices { signedIn[device] = .some(nil) }
                for record in try rows.map(PostgresReader.device) {
                    signedIn[record.participant.deviceId] = record.signIn
                }
            }
        }
        if !keys.isEmpty {
            add(Self.statement(keys, at: now)) { [self] rows in
                let found = try rows.map { (Int(try $0.integer(0)) - 1, try $0.call(1)) }
                for (place, call) in found where keys.indices.contains(place) {
                    invitations[InvitationID(keys[place])] = call
                }
            }
        }
        for (rows, read) in zip(try connection.run(statements), readers) { try read(rows) }
        self.users.formUnion(users)
        note(missing: calls)
        for id in keys.map({ InvitationID($0) }) where invitations[id] == nil { invitations[id] = .some(nil) }
    }

    /// Keeps other transactions from deciding for the same users, until this one ends.
    ///
    /// - Parameter users: In the order of their names, as everywhere.
    static func lock(_ users: [String], seed: Int64) -> Statement {
        Statement(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, $2)) FROM unnest($1::text[]) AS name",
            .texts(users), .integer(seed))
    }

    // MARK: Calls

    /// Locks calls, those that are named and the live ones of users, in the order of their identifiers.
    ///
    /// Each row is looked up by its key in a `LATERAL` subquery with `OFFSET 0` or `FOR UPDATE`: otherwise, a plan that
    /// was made while the table was empty scans the whole index.
    func statement(calls: [CallID], users: [String]) -> Statement {
        let sorted = calls.sorted { $0.rawValue < $1.rawValue }
        let ids = sorted.map(\.rawValue)
        let versions = sorted.map { self.live[$0]?.version ?? 0 }
        // The body only of those that this node does not know in their newest version.
        func lock(_ known: String) -> String {
            """
            SELECT c.call_id, c.number, c.version, c.payloads, c.deadline, c.body
            FROM \(known) CROSS JOIN LATERAL (
                SELECT call_id, number, version, payloads, deadline,
                    CASE WHEN version = known.version THEN NULL ELSE body END AS body
                FROM calls WHERE call_id = known.call_id FOR UPDATE
            ) AS c
            """
        }
        if users.isEmpty {
            return Statement(
                lock("unnest($1::text[], $2::bigint[]) AS known (call_id, version)"), .texts(ids), .integers(versions))
        }
        func live(_ column: String) -> String {
            """
            SELECT found.call_id, 0 FROM unnest($3::text[]) AS users (user_id) CROSS JOIN LATERAL
                (SELECT call_id FROM calls WHERE live AND \(column) = users.user_id OFFSET 0) AS found
            """
        }
        return Statement(
            lock(
                """
                (
                    SELECT call_id, max(version) AS version FROM (
                        SELECT call_id COLLATE "C", version
                        FROM unnest($1::text[], $2::bigint[]) AS named (call_id, version)
                        UNION ALL \(live("caller_id")) UNION ALL \(live("callee_id"))
                    ) AS wanted (call_id, version) GROUP BY call_id ORDER BY call_id OFFSET 0
                ) AS known
                """), .texts(ids), .integers(versions), .texts(users))
    }

    private func readCalls(_ rows: Rows) throws {
        for draft in try rows.map(draft) where drafts[draft.call.id] == nil { drafts[draft.call.id] = draft }
    }

    private func draft(_ row: Row) throws -> CallDraft {
        let id = try row.call(0)
        let version = try row.integer(2)
        let call: CallState
        if let known = live[id], known.version == version {
            call = known.call
        } else {
            call = try CallBody.decode(row.bytes(5), id: id)
        }
        return CallDraft(
            call, number: try row.integer(1), version: version, payloads: Int(try row.integer(3)),
            deadline: row.optionalTime(4))
    }

    // MARK: Users

    private func addFacts(of users: [String], to add: (Statement, @escaping (Rows) throws -> Void) -> Void) {
        add(Statement("\(PostgresReader.selectAccount) WHERE user_id = ANY($1) AND erased_at IS NULL", .texts(users))) {
            [self] rows in
            for account in try rows.map(PostgresReader.account) { accounts[account.userId] = account }
        }
        add(Statement("\(PostgresReader.selectDevice) WHERE user_id = ANY($1)", .texts(users))) { [self] rows in
            let records = PostgresReader.newestFirst(try rows.map(PostgresReader.device))
            devices.merge(Dictionary(grouping: records, by: \.participant.userId)) { $1 }
        }
        add(
            Statement(
                "SELECT blocker_id, blocked_id FROM blocks WHERE blocker_id = ANY($1) OR blocked_id = ANY($1)",
                .texts(users))
        ) { [self] rows in
            blocks.formUnion(try rows.map { Pair(blocker: try $0.user(0), blocked: try $0.user(1)) })
        }
    }

    // MARK: Invitations

    /// How long the key of a call that has ended is known.
    static let invitationLifetime: Duration = .seconds(600)

    static func statement(_ keys: [InvitationKey], at now: Timestamp) -> Statement {
        Statement(
            """
            SELECT asked.place, c.call_id
            FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (device_id, key_id, place)
            CROSS JOIN LATERAL (
                SELECT call_id, created_at FROM invitations
                WHERE device_id = asked.device_id AND key_id = asked.key_id OFFSET 0
            ) AS i
            CROSS JOIN LATERAL (SELECT call_id, live FROM calls WHERE call_id = i.call_id OFFSET 0) AS c
            WHERE c.live OR i.created_at >= $3
            """, .texts(keys.map(\.device.rawValue)), .integers(keys.map { Int64(bitPattern: $0.key.id) }),
            .integer((now - invitationLifetime).milliseconds))
    }
}
