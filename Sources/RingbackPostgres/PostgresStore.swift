package import Logging
package import RingbackCore
package import RingbackModel
import Synchronization

/// The store on PostgreSQL: one writer of calls with group commit, some connections for reads and small transactions.
package final class PostgresStore: Store {
    private static let readers = 4
    private static let writers = 2
    /// How many connections a node makes at most: these, and one each for calls, signals, presence, the heartbeat,
    /// and the size of the database.
    static let connections = readers + writers + 5

    package let epoch: String
    package let tickets: any TicketStore
    private let live = CallCache()
    private let time: any Timekeeper
    private let calls: CallWriter
    private let reads: ConnectionPool
    private let writes: ConnectionPool
    private let origin: PostgresTransaction.Origin
    private let node: Node
    private let devices: LiveDevices
    private let devicePresence: PostgresPresence
    private let signals: SignalSender
    private let listener: SignalListener
    private let heartbeat: Heartbeat
    private let lease: Lease
    private let revocations: Revocations
    private let size: SizePruning?
    private let signIns: SignInReads
    private let isObserved = Atomic(false)

    /// Connects, and applies pending migrations.
    ///
    /// - Parameters:
    ///   - node: Names this process in `pg_stat_activity` and in the log.
    ///   - time: What the decisions on calls take for now. A ``DatabaseTime`` is kept at the database's.
    ///   - maximumBytes: The maximum size of the tables, at least 1 MiB; `nil` for none. When it is nearly reached, the
    ///     oldest content is removed; when it is reached, ordinary writes are refused.
    /// - Throws: ``PostgresDatabaseError``, and what PostgreSQL says.
    package init(
        url: PostgresURL, node: String, time: any Timekeeper, maximumBytes: Int? = nil, logger: Logger
    ) throws {
        self.time = time
        let name = "ringback \(node)"
        let node = Node(name: node)
        self.node = node
        let lease = Lease(node: node)
        self.lease = lease
        let connection = PostgresConnection(Self.settings(url, name))
        _ = try Migrator(connection).migrate()
        let clock = time as? DatabaseTime
        try Self.setClock(clock, connection)
        let row = try connection.run(
            Statement(
                """
                SELECT value, hashtextextended(value, 0), pg_snapshot_xmin(pg_current_snapshot())::text
                FROM meta WHERE key = 'epoch'
                """)
        ).first
        epoch = try row?.text(0) ?? ""
        let origin = PostgresTransaction.Origin(node: node.id, lockSeed: try row?.integer(1) ?? 0)
        self.origin = origin
        revocations = Revocations(since: try row?.text(2) ?? "0")
        _ = node.take(peers: try Heartbeat.peers(connection))
        let found = try connection.run(Statement("SELECT call_id, version, body FROM calls WHERE live ORDER BY number"))
            .map { (call: try CallBody.decode($0.bytes(2), id: $0.call(0)), version: try $0.integer(1)) }
        live.take(found)
        devices = LiveDevices(found.map(\.call), time: time)
        connection.close()
        let channel = "ringback_\(epoch)"
        signals = try SignalSender(node: node, time: time)
        let size = SizePruning(
            maximumBytes: maximumBytes, settings: Self.settings(url, "\(name) size"), origin: origin, time: time,
            logger: logger)
        self.size = size
        calls = CallWriter(
            thread: ConnectionThread(Self.settings(url, "\(name) calls")), live: live, devices: devices,
            signals: signals, node: node, time: time, lockSeed: origin.lockSeed, lease: lease, size: size,
            logger: logger)
        let reads = ConnectionPool(Self.settings(url, "\(name) reads"), count: Self.readers)
        let writes = ConnectionPool(Self.settings(url, "\(name) accounts"), count: Self.writers)
        (self.reads, self.writes) = (reads, writes)
        signIns = SignInReads(pool: reads)
        devicePresence = PostgresPresence(
            node: node, devices: devices, signals: signals,
            thread: ConnectionThread(Self.settings(url, "\(name) presence")), reads: reads
        ) { seen in
            _ = try await writes.run {
                try PostgresTransaction.write($0, from: origin, now: time.now) { try $0.setLastSeen(seen) }
            }
        }
        tickets = PostgresTickets(pool: writes)
        listener = SignalListener(
            settings: Self.settings(url, "\(name) listener", session: ["SET synchronous_commit = off"]), node: node,
            channel: channel, sender: signals, logger: logger)
        heartbeat = Heartbeat(
            settings: Self.settings(url, "\(name) heartbeat"), node: node, channel: channel, revocations: revocations,
            clock: clock, lease: lease, logger: logger)
    }

    deinit {
        listener.stop()
        heartbeat.stop()
    }

    private static func setClock(_ clock: DatabaseTime?, _ connection: PostgresConnection) throws {
        guard let clock else { return }
        let statement = Statement("SELECT \(Heartbeat.now)")
        // The statement is prepared first, so that the question takes as little time as it can.
        for _ in 1...2 {
            let asked = clock.monotonic
            if let now = try connection.run(statement).first?.time(0) { clock.take(now, askedAt: asked) }
        }
    }

    /// Applies pending migrations and nothing else.
    ///
    /// - Returns: The numbers of those that were applied.
    package static func migrate(url: PostgresURL) throws -> [Int] {
        try Migrator(PostgresConnection(settings(url, "ringback migrate"))).migrate()
    }

    /// Gives the log a new epoch, so that cursors from before are refused. For a database that came from a backup.
    package static func renewEpoch(url: PostgresURL) throws {
        let connection = PostgresConnection(settings(url, "ringback restored"))
        try connection.run(
            Statement(
                "UPDATE meta SET value = substr(replace(gen_random_uuid()::text, '-', ''), 1, 12) WHERE key = 'epoch'"))
    }

    /// Makes a schema, unless it is there.
    ///
    /// - Parameter name: Lower-case letters, digits and underscores.
    package static func makeSchema(_ name: String, url: PostgresURL) throws {
        try PostgresConnection(settings(url, "ringback")).run(Statement("CREATE SCHEMA IF NOT EXISTS \(name)"))
    }

    static func settings(
        _ url: PostgresURL, _ name: String, session: [String] = []
    ) -> PostgresConnection.Settings {
        PostgresConnection.Settings(
            url: url, name: name,
            session: [
                // What is acknowledged is on disk, whatever the database's default is; a standby's setting stays.
                """
                SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') IN ('off', 'local')
                """,
                "SET client_min_messages = warning", "SET statement_timeout = '10s'", "SET lock_timeout = '5s'",
                "SET idle_in_transaction_session_timeout = '15s'",
                // Every statement finds its rows by an index: one plan for all, however the statistics are.
                "SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off", "SET enable_hashjoin = off",
                "SET enable_mergejoin = off", "SET jit = off",
            ] + session)
    }

    /// Sets who hears of commits, and begins to live among the other nodes.
    package func observe(_ observer: any StoreObserver) {
        devicePresence.observe(observer)
        calls.observe(observer)
        guard !isObserved.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let (presence, revocations, live, reads, time, size, calls) = (
            devicePresence, revocations, live, reads, time, size, calls
        )
        // Before other nodes know of this one.
        listener.start {
            observer.missedSignals()
        } isRead: {
            observer.isRead($0)
        } heard: { text in
            if text.hasCome { presence.flushAll() }
            if !text.watching.isEmpty { observer.changed(.watching(text.watching)) }
            for signIn in text.revoked where revocations.take(signIn) { observer.changed(.revoked(signIn)) }
            if !text.grew.isEmpty { observer.changed(.grew(text.grew, events: text.events)) }
            if let sent = text.committedAt { observer.measured(.heard(after: max(.zero, time.now - sent))) }
            presence.announce(text.presence)
        }
        heartbeat.start {
            observer.readers
        } found: { finding in
            if finding.hasCome || finding.wasForgotten { presence.flushAll() }
            if !finding.orphans.isEmpty { presence.adopt(finding.orphans) }
            presence.flushRest()
            for signIn in finding.revoked { observer.changed(.revoked(signIn)) }
            if finding.hasMissed { observer.missedSignals() }
            if !finding.heads.isEmpty { observer.changed(.grew(finding.heads, events: [])) }
            if finding.isOverdue { observer.changed(.due) }
            size?.measure { [weak calls] in calls?.announce(ended: $0) {} }
            if finding.isTimeToReconcile { _ = reads.run { live.reconcile($0) } }
        }
    }

    // MARK: Calls

    package func submit(_ job: any StoreJob) { calls.submit(job) }

    package func takeDueCalls(limit: Int) async throws -> [CallID] {
        let now = time.now
        let due = Statement(
            """
            UPDATE calls SET leased_by = $3, leased_until = $1 + 5000 WHERE call_id IN (
                SELECT call_id FROM calls
                WHERE live AND deadline <= $1 AND (leased_by IS NULL OR leased_by = $3 OR leased_until < $1)
                ORDER BY deadline, number LIMIT $2 FOR UPDATE SKIP LOCKED
            ) RETURNING call_id, deadline, number
            """, .integer(now.milliseconds), .integer(Int64(limit)), .text(node.id))
        return try await writes.run { connection in
            try connection.run(due).map { (try $0.call(0), try $0.integer(1), try $0.integer(2)) }
                .sorted { ($0.1, $0.2) < ($1.1, $1.2) }.map(\.0)
        }
    }

    package func nextDeadline() async throws -> MonotonicTime? {
        let next = Statement("SELECT min(deadline) FROM calls WHERE live AND deadline IS NOT NULL")
        return try await reads.run { try $0.run(next).first?.optionalTime(0) }
            .map { time.monotonic + ($0 - time.now) }
    }

    package var presence: any PresenceStore { devicePresence }

    package var outbox: any OutboxStore {
        PostgresOutbox(pool: writes, reads: reads, node: node.id) { [calls] in calls.observer.changed(.messages) }
    }

    package var liveCallCount: Int { live.count }

    // MARK: All else

    package func read<T: Sendable>(
        _ priority: ReadPriority, _ work: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T { try await reads.run { try PostgresReader.read($0, work) } }

    package func write<T: Sendable>(
        _ priority: WritePriority, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T { try await transact(priority, of: nil, work) }

    package func write<T: Sendable>(
        _ priority: WritePriority, of user: UserID, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T { try await transact(priority, of: user, work) }

    private func transact<T: Sendable>(
        _ priority: WritePriority, of user: UserID?, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T {
        guard lease.isHeld else { throw Problem.databaseUnavailable }
        if priority == .ordinary, size?.isFull() == true { throw Problem.databaseFull }
        let (origin, time) = (origin, time)
        let (value, news) = try await writes.run {
            try PostgresTransaction.write($0, of: user, from: origin, now: time.now, work)
        }
        size?.note(written: SizePruning.smallTransaction)
        Failpoint.committed.pass()
        signals.watching(news.watching)
        if news.hasMessages { calls.observer.changed(.messages) }
        if !news.ended.isEmpty || !news.blockers.isEmpty {
            await withCheckedContinuation { continuation in
                calls.announce(ended: news.ended, users: news.blockers) { continuation.resume() }
            }
        }
        return value
    }

    /// While this node is alone, what it knows is the newest.
    package var isShared: Bool { node.hasPeers }

    package var isReachable: Bool { lease.isReachable }

    package var gauges: [(String, Int)] {
        [("ringback_nodes", node.count), ("ringback_listener_up", listener.isLive ? 1 : 0)]
    }

    package func positions(of signIns: Set<SignIn>) async throws -> [SignIn: Int64] {
        try await self.signIns.positions(of: signIns)
    }

    package func probe() async throws {
        try await writes.run { connection in
            _ = try connection.run(
                Statement(
                    """
                    INSERT INTO meta (key, value) VALUES ('probe', now()::text)
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value
                    """))
        }
        await withCheckedContinuation { continuation in calls.announce { continuation.resume() } }
    }

    package func close() async {
        await withCheckedContinuation { continuation in calls.finish { continuation.resume() } }
        listener.stop()
        heartbeat.stop()
        // The others take this node's devices at once.
        let node = node
        _ = try? await writes.run {
            _ = try $0.run(Statement("UPDATE nodes SET seen_at = 0 WHERE node_id = $1", .text(node.id)))
        }
    }
}
