import Foundation
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Records each second that this node is alive, and reads which other nodes are.
final class Heartbeat: Sendable {
    /// What a beat may find.
    struct Finding: Sendable {
        /// Another node has started and needs the state of this one.
        var hasCome = false
        /// Another node has stopped, or the others considered this one dead: signals may have been missed.
        var hasMissed = false
        /// The others considered this node dead and have removed its rows.
        var wasForgotten = false
        /// Devices of nodes that have died, and whether each was lost already. Given to one node.
        var orphans: [(Participant, isLost: Bool)] = []
        /// The deadline of a call passed a second ago, and no node has handled it.
        var isOverdue = false
        /// Sign-ins that other nodes have ended, and whose signals were not heard.
        var revoked: [SignIn] = []
        /// The newest positions of logs that are read here.
        var heads: [UserID: Int64] = [:]
        /// Twice a minute.
        var isTimeToReconcile = false
    }

    /// A beat that has no answer by then has failed.
    private static let answerTime: Duration = .seconds(5)

    /// The database's clock, in SQL.
    static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

    private let node: Node
    private let channel: String
    private let revocations: Revocations
    private let settings: PostgresConnection.Settings
    private let logger: Logger
    private let clock: DatabaseTime?
    private let isStopped = Atomic(false)
    private let lease: Lease

    init(
        settings: PostgresConnection.Settings, node: Node, channel: String, revocations: Revocations,
        clock: DatabaseTime?,
        lease: Lease, logger: Logger
    ) {
        self.lease = lease
        var settings = settings
        settings.answerTime = Self.answerTime
        self.settings = settings
        self.clock = clock
        self.node = node
        self.channel = channel
        self.revocations = revocations
        self.logger = logger
    }

    func stop() { isStopped.store(true, ordering: .releasing) }

    /// - Parameters:
    ///   - readers: The users whose logs are read here. Asked for every other second while there are other nodes.
    ///   - found: Called with what each beat has found.
    func start(readers: @escaping @Sendable () -> [UserID], found: @escaping @Sendable (Finding) -> Void) {
        let thread = Thread { [self] in
            let connection = PostgresConnection(settings)
            var beats = 0
            while !isStopped.load(ordering: .acquiring) {
                beats += 1
                do {
                    let began = ContinuousClock.now
                    let users = node.hasPeers && beats.isMultiple(of: 2) ? readers() : []
                    var finding = try beat(connection, readers: users, isFirst: beats == 1)
                    lease.renew(at: began)
                    finding.isTimeToReconcile = beats.isMultiple(of: 30)
                    found(finding)
                } catch {
                    connection.rollBack()
                    logger.debug("a heartbeat failed", metadata: ["error": "\(error)"])
                }
                Thread.sleep(forTimeInterval: 1)
            }
            connection.close()
        }
        thread.name = "ringback-heartbeat"
        thread.start()
    }

    private func beat(_ connection: PostgresConnection, readers: [UserID], isFirst: Bool) throws -> Finding {
        var finding = Finding()
        let asked = clock?.monotonic
        let results = try connection.run([
            Statement("UPDATE nodes SET seen_at = \(Self.now) WHERE node_id = $1", .text(node.id)),
            Statement(
                "SELECT node_id, seen_at > \(Self.now) - $2 FROM nodes WHERE node_id <> $1", .text(node.id),
                .integer(Node.lifetimeMilliseconds)),
            Statement(
                """
                SELECT EXISTS (SELECT FROM calls WHERE live AND deadline < \(Self.now) - 1000
                    AND (leased_until IS NULL OR leased_until < \(Self.now))), \(Self.now)
                """),
            Statement(
                "SELECT user_id, position FROM user_logs WHERE user_id = ANY($1)", .texts(readers.map(\.rawValue))),
            revocations.statement(for: node),
        ])
        if let clock, let asked, let now = results[2].first?.optionalTime(1) { clock.take(now, askedAt: asked) }
        if results[0].affected == 0 {
            _ = try connection.run([
                Statement(
                    """
                    INSERT INTO nodes (node_id, name, started_at, seen_at) VALUES ($1, $2, \(Self.now), \(Self.now))
                    ON CONFLICT DO NOTHING
                    """, .text(node.id), .text(node.name)),
                // The others need not wait for their next heartbeat to know of it.
                Statement("SELECT pg_notify($1, $2)", .text(channel), .text(node.id)),
            ])
            finding.wasForgotten = !isFirst
        }
        let others = try results[1].map { (id: try $0.text(0), isAlive: $0.bool(1)) }
        let change = node.take(peers: Set(others.filter(\.isAlive).map(\.id)))
        finding.hasCome = change.hasCome
        finding.hasMissed = change.hasGone || finding.wasForgotten
        finding.isOverdue = results[2].first?.bool(0) ?? false
        finding.heads = Dictionary(try results[3].map { (try $0.user(0), try $0.integer(1)) }) { $1 }
        finding.revoked = try revocations.take(results[4])
        if others.contains(where: { !$0.isAlive }) { finding.orphans = try removeDeadNodes(connection) }
        return finding
    }

    /// The nodes that live, before this one is among them.
    static func peers(_ connection: PostgresConnection) throws -> Set<String> {
        let rows = try connection.run(
            Statement(
                "SELECT node_id FROM nodes WHERE seen_at > \(now) - $1", .integer(Node.lifetimeMilliseconds)))
        return Set(try rows.map { try $0.text(0) })
    }

    /// Removes the nodes that have died. Each is removed by one node, which takes its devices.
    private func removeDeadNodes(_ connection: PostgresConnection) throws -> [(Participant, isLost: Bool)] {
        try connection.run(
            Statement(
                """
                WITH dead AS (DELETE FROM nodes WHERE seen_at <= \(Self.now) - $1 AND node_id <> $2 RETURNING node_id)
                DELETE FROM device_presence p USING dead WHERE p.node_id = dead.node_id
                RETURNING p.user_id, p.device_id, p.lost
                """, .integer(Node.lifetimeMilliseconds), .text(node.id))
        ).map { (Participant(userId: try $0.user(0), deviceId: try $0.device(1)), isLost: $0.bool(2)) }
    }
}
