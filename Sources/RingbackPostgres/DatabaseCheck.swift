package import RingbackCore
import RingbackModel

extension PostgresStore {
    /// Checks a database without changing it. Nodes may be using it.
    ///
    /// - Returns: What was found, in the order of the checks. After one that makes the others impossible there are no
    ///   more.
    package static func check(url: PostgresURL, _ depth: StoreFinding.Depth) -> [StoreFinding] {
        var check = DatabaseCheck(url: url)
        check.run(depth)
        return check.findings
    }
}

/// The checks of one database, and of the servers that may have it.
struct DatabaseCheck {
    private static let restore =
        "Restore a backup to another database, run `ringback restored`, and keep the damaged one to look into."

    private let url: PostgresURL
    private(set) var findings: [StoreFinding] = []

    init(url: PostgresURL) { self.url = url }

    mutating func run(_ depth: StoreFinding.Depth) {
        guard let primary = findPrimary() else { return }
        let connection = PostgresConnection(Self.settings(primary))
        do {
            try checkSettings(connection)
            try checkConnections(connection)
            try checkPrivileges(connection)
            try checkClock(connection)
            guard try checkSchema(connection), depth == .everything else { return }
            try checkLogs(connection)
            try checkCalls(connection)
        } catch {
            findings.append(.broken("database", "\(error)", advice: "See the log of PostgreSQL."))
        }
    }

    /// Without a limit of time: a check reads whole tables.
    private static func settings(_ url: PostgresURL) -> PostgresConnection.Settings {
        PostgresConnection.Settings(
            url: url, name: "ringback check",
            session: ["SET default_transaction_read_only = on", "SET statement_timeout = 0"],
            answerTime: .seconds(86_400))
    }

    // MARK: Servers

    /// Asks each host of the URL what it is.
    private mutating func findPrimary() -> PostgresURL? {
        var primaries: [PostgresURL] = []
        var unreachable: [(String, String)] = []
        for host in url.hosts {
            do {
                let row = try PostgresConnection(Self.settings(host)).run(
                    Statement("SELECT pg_is_in_recovery(), current_setting('server_version')")
                ).first
                let version = try row?.text(1) ?? ""
                let isStandby = row?.bool(0) ?? false
                if !isStandby { primaries.append(host) }
                findings.append(
                    .fine("server", "\(host) is a \(isStandby ? "standby" : "primary") with PostgreSQL \(version)"))
            } catch {
                unreachable.append((host.description, "\(error)"))
            }
        }
        for (host, error) in unreachable {
            findings.append(
                primaries.isEmpty
                    ? .broken(
                        "server", "\(host): \(error)", advice: "Check host, port, user, password and pg_hba.conf.")
                    : .warning("server", "\(host): \(error)", advice: "A failover to it is not possible."))
        }
        if primaries.count > 1 {
            findings.append(
                .broken(
                    "server", "\(primaries.count) of the hosts are primaries",
                    advice:
                        "They are different databases, or a failover has left two of one. Take all but one out of the URL."
                ))
            return nil
        }
        if primaries.isEmpty, unreachable.isEmpty {
            findings.append(
                .broken("server", "none of the hosts is a primary", advice: "Promote a standby, or add the primary."))
        }
        return primaries.first
    }

    // MARK: Settings

    private mutating func checkSettings(_ connection: PostgresConnection) throws {
        let settings = try connection.run(
            Statement(
                """
                SELECT current_setting('fsync')::bool, current_setting('full_page_writes')::bool,
                    current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
                    (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')),
                    (SELECT count(*) FROM pg_stat_replication), current_setting('server_encoding'),
                    current_setting('default_transaction_isolation')
                """)
        ).first
        guard let settings else { return }
        for (column, name) in [(0, "fsync"), (1, "full_page_writes")] where !settings.bool(column) {
            findings.append(
                .broken(
                    "durability", "\(name) is off",
                    advice: "Turn it on: a crash loses or damages what was acknowledged."))
        }
        if settings.bool(0), settings.bool(1) {
            findings.append(.fine("durability", "fsync and full_page_writes are on"))
        }
        let encoding = try settings.text(6)
        if encoding != "UTF8" {
            findings.append(
                .broken(
                    "encoding", "it is \(encoding)",
                    advice: "Create a database with ENCODING 'UTF8' TEMPLATE template0."))
        }
        try checkStandbys(
            level: settings.text(2), names: settings.text(3), synchronous: settings.integer(4),
            all: settings.integer(5))
    }

    private mutating func checkStandbys(level: String, names: String, synchronous: Int64, all: Int64) throws {
        if names.isEmpty {
            findings.append(
                .fine("standbys", "\(all) follow, and no commit waits for one: a failover may lose the newest commits"))
        } else if synchronous == 0 {
            findings.append(
                .warning(
                    "standbys", "synchronous_standby_names is '\(names)', and no such standby follows",
                    advice: "Commits wait until one does. Start it, or empty the setting."))
        } else {
            // The sessions of nodes raise `off` and `local` to `on`.
            let waits = ["remote_apply", "remote_write"].contains(level) ? level : "on"
            findings.append(
                waits == "remote_write"
                    ? .warning(
                        "standbys", "synchronous_commit is remote_write",
                        advice: "If primary and standby lose power together, commits are lost. Set it to on.")
                    : .fine("standbys", "\(all) follow, \(synchronous) of them synchronously (\(waits))"))
        }
    }

    /// Nodes tell each other of commits by notifications, which whoever may connect can read and send.
    private mutating func checkPrivileges(_ connection: PostgresConnection) throws {
        let others = try connection.run(
            Statement(
                """
                SELECT r.rolname FROM pg_roles r, pg_database d
                WHERE d.datname = current_database() AND r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user
                    AND r.oid <> d.datdba AND has_database_privilege(r.oid, d.oid, 'CONNECT')
                ORDER BY r.rolname LIMIT 10
                """)
        ).map { try $0.text(0) }
        findings.append(
            others.isEmpty
                ? .fine("privileges", "no other user may connect to this database")
                : .warning(
                    "privileges", "other users may connect to this database: \(others.joined(separator: ", "))",
                    advice: """
                        They can read and forge what nodes tell each other. Revoke it: REVOKE CONNECT ON DATABASE … FROM PUBLIC.
                        """))
    }

    private mutating func checkConnections(_ connection: PostgresConnection) throws {
        let row = try connection.run(
            Statement(
                """
                SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint,
                    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
                    (SELECT CASE WHEN rolconnlimit < 0 THEN NULL ELSE rolconnlimit END::bigint FROM pg_roles
                        WHERE rolname = current_user)
                """)
        ).first
        guard let row else { return }
        let most = min(try row.integer(0), row.optionalInteger(2) ?? .max)
        let (used, each) = (try row.integer(1), Int64(PostgresStore.connections))
        let words = "\(used) of \(most) are in use; a node makes up to \(each)"
        findings.append(
            most - used >= each
                ? .fine("connections", words)
                : .warning(
                    "connections", words,
                    advice: "There is no room for another node: raise max_connections, or the limit of the user."))
    }

    private mutating func checkClock(_ connection: PostgresConnection) throws {
        let before = SystemTime().now
        let row = try connection.run(Statement("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")).first
        let after = SystemTime().now
        guard let theirs = try row?.time(0) else { return }
        let skew = theirs < before ? before - theirs : theirs > after ? theirs - after : .zero
        findings.append(
            skew < .milliseconds(100)
                ? .fine("clock", "it agrees with this machine's")
                : .warning(
                    "clock", "it differs from this machine's by over 0.1 s",
                    advice: "Synchronize the clocks of the database and all nodes by NTP."))
    }

    /// - Returns: Whether the tables are those of this version.
    private mutating func checkSchema(_ connection: PostgresConnection) throws -> Bool {
        do {
            if let finding = StoreFinding.schema(pending: try Migrator(connection).pending().count) {
                findings.append(finding)
                return false
            }
        } catch let error as PostgresDatabaseError {
            findings.append(.schema(unknown: error.description))
            return false
        }
        let nodes = try connection.run(
            Statement(
                """
                SELECT name FROM nodes WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1
                ORDER BY name
                """, .integer(Node.lifetimeMilliseconds))
        ).map { try $0.text(0) }
        findings.append(.fine("schema", "up to date"))
        findings.append(.fine("nodes", nodes.isEmpty ? "none is running" : nodes.joined(separator: ", ")))
        return true
    }

    // MARK: Contents

    /// Positions are unique by the primary key: there are no gaps if there are as many as there should be, up to the
    /// newest.
    private mutating func checkLogs(_ connection: PostgresConnection) throws {
        let faults = try connection.run(
            Statement(
                """
                SELECT l.user_id, l.position, l.pruned_until, count(e.position), max(e.position)
                FROM user_logs l LEFT JOIN events e ON e.user_id = l.user_id AND e.position > l.pruned_until
                GROUP BY l.user_id
                HAVING count(e.position) <> l.position - l.pruned_until OR max(e.position) > l.position
                """)
        ).map {
            """
            \(try $0.text(0)): \(try $0.integer(3)) events up to position \($0.optionalInteger(4) ?? 0), where \
            \(try $0.integer(2) + 1) to \(try $0.integer(1)) are expected
            """
        }
        let orphans = try count(
            "SELECT count(DISTINCT user_id) FROM events e WHERE NOT EXISTS (SELECT FROM user_logs l WHERE l.user_id = e.user_id)",
            connection)
        let logs = try count("SELECT count(*) FROM user_logs", connection)
        report(
            "logs", faults + (orphans > 0 ? ["\(orphans) users have events and no log"] : []),
            fine: "\(logs), whose positions have no gaps")
    }

    /// Decodes every call, and compares the columns that are made of it.
    private mutating func checkCalls(_ connection: PostgresConnection) throws {
        var faults: [String] = []
        var (calls, live, number) = (0, 0, Int64.min)
        while true {
            let rows = try connection.run(
                Statement(
                    "SELECT call_id, number, live, body, caller_id, callee_id FROM calls WHERE number > $1 ORDER BY number LIMIT 1000",
                    .integer(number)))
            for row in try rows.map({ ($0, try $0.text(0)) }) {
                calls += 1
                number = try row.0.integer(1)
                if row.0.bool(2) { live += 1 }
                if let fault = Self.fault(row.0) { faults.append("\(row.1): \(fault)") }
            }
            if rows.count < 1000 { break }
        }
        let strange = try count(
            """
            SELECT count(*) FROM events e JOIN calls c ON c.call_id = e.call_id
            WHERE e.payload IS NOT NULL AND e.payload > c.payloads
            """, connection)
        if strange > 0 {
            faults.append("\(strange) events have descriptions or candidates that their calls do not know of")
        }
        report("calls", faults, fine: "\(calls) can be read, \(live) of them live")
        let overdue = try count(
            """
            SELECT count(*) FROM calls WHERE live AND deadline < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 60000
            """, connection)
        if overdue > 0 {
            findings.append(
                .warning(
                    "timers", "\(overdue) live calls should have ended over a minute ago",
                    advice: "A node ends them as soon as one runs. If one does, see its log."))
        }
    }

    private static func fault(_ row: Row) -> String? {
        do {
            let call = try CallBody.decode(row.bytes(3), id: row.call(0))
            guard call.isLive == row.bool(2) else { return "it is \(call.state.rawValue), and its row says otherwise" }
            guard try call.caller.userId == row.user(4), try call.callee == row.user(5) else {
                return "its users differ"
            }
            return nil
        } catch {
            return "it can't be read"
        }
    }

    private func count(_ sql: String, _ connection: PostgresConnection) throws -> Int64 {
        try connection.run(Statement(sql)).first?.integer(0) ?? 0
    }

    private mutating func report(_ place: String, _ faults: [String], fine: String) {
        findings.append(.contents(place, faults: faults, fine: fine, advice: Self.restore))
    }
}
