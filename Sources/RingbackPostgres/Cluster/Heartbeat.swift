import Foundation
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Says each second that this node lives, and looks who else does.
final class Heartbeat: Sendable {
    /// What a beat may find.
    struct Finding: Sendable {
        /// Another node has come: it has to be told what is known here.
        var hasCome = false
        /// Another node has gone, or this one was taken for dead: signals may have been missed.
        var hasMissed = false
        /// This node was taken for dead: its rows are gone.
        var wasForgotten = false
        /// Devices of nodes that have died, and whether each was lost already. Given to one node.
        var orphans: [(Participant, isLost: Bool)] = []
        /// Of a call the deadline has passed a second ago, and nobody has taken it up.
        var isOverdue = false
        /// The newest positions of logs that are read here.
        var heads: [UserID: Int64] = [:]
        /// Twice a minute.
        var isTimeToReconcile = false
    }

    private static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

    private let node: Node
    private let settings: PostgresConnection.Settings
    private let logger: Logger
    private let isStopped = Atomic(false)

    init(settings: PostgresConnection.Settings, node: Node, logger: Logger) {
        self.settings = settings
        self.node = node
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
                    let users = node.hasPeers && beats.isMultiple(of: 2) ? readers() : []
                    var finding = try beat(connection, readers: users, isFirst: beats == 1)
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
        let results = try connection.run([
            Statement("UPDATE nodes SET seen_at = \(Self.now) WHERE node_id = $1", .text(node.id)),
            Statement(
                "SELECT node_id, seen_at > \(Self.now) - $2 FROM nodes WHERE node_id <> $1", .text(node.id),
                .integer(Node.lifetimeMilliseconds)),
            Statement(
                """
                SELECT EXISTS (SELECT FROM calls WHERE live AND deadline < \(Self.now) - 1000
                    AND (leased_until IS NULL OR leased_until < \(Self.now)))
                """),
            Statement(
                "SELECT user_id, position FROM user_logs WHERE user_id = ANY($1)", .texts(readers.map(\.rawValue))),
        ])
        if results[0].affected == 0 {
            try connection.run(
                Statement(
                    """
                    INSERT INTO nodes (node_id, name, started_at, seen_at) VALUES ($1, $2, \(Self.now), \(Self.now))
                    ON CONFLICT DO NOTHING
                    """, .text(node.id), .text(node.name)))
            finding.wasForgotten = !isFirst
        }
        let others = try results[1].map { (id: try $0.text(0), isAlive: $0.bool(1)) }
        let change = node.take(peers: Set(others.filter(\.isAlive).map(\.id)))
        finding.hasCome = change.hasCome
        finding.hasMissed = change.hasGone || finding.wasForgotten
        finding.isOverdue = results[2].first?.bool(0) ?? false
        finding.heads = Dictionary(try results[3].map { (try $0.user(0), try $0.integer(1)) }) { $1 }
        if others.contains(where: { !$0.isAlive }) { finding.orphans = try bury(connection) }
        return finding
    }

    /// Removes the nodes that have died. Each is removed by one node, which takes its devices.
    private func bury(_ connection: PostgresConnection) throws -> [(Participant, isLost: Bool)] {
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
