import RingbackCore
import RingbackModel
import Synchronization

/// The sign-ins that other nodes have ended, each told once: a signal brings it, or the next heartbeat if that was
/// lost.
final class Revocations: Sendable {
    private static let memory: Duration = .seconds(120)

    private struct State {
        var told: [SignIn: ContinuousClock.Instant] = [:]
        var horizon: String
    }

    private let state: Mutex<State>

    /// - Parameter horizon: The oldest transaction that was under way before anything was cached.
    init(since horizon: String) { state = Mutex(State(horizon: horizon)) }

    /// - Returns: Whether it was not told yet.
    func take(_ signIn: SignIn) -> Bool {
        state.withLock { $0.told.updateValue(.now, forKey: signIn) == nil }
    }

    /// What this node may not have seen. Its first column is the new horizon, in each row; the others may be null.
    func statement(for node: Node) -> Statement {
        Statement(
            """
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text, r.user_id, r.device_id, r.generation
            FROM (VALUES (1)) AS one LEFT JOIN revocations r ON r.xid >= $1::xid8 AND r.node_id <> $2
            """, .text(state.withLock(\.horizon)), .text(node.id))
    }

    /// - Returns: Those that were not told yet.
    func take(_ rows: Rows) throws -> [SignIn] {
        let found = try rows.map { row -> SignIn? in
            guard let generation = row.optionalInteger(3) else { return nil }
            return SignIn(
                Participant(userId: try row.user(1), deviceId: try row.device(2)),
                generation: UInt64(bitPattern: generation))
        }.compactMap(\.self)
        let horizon = try rows.first?.text(0)
        let now = ContinuousClock.now
        return state.withLock { state in
            if let horizon { state.horizon = horizon }
            let new = found.filter { state.told[$0] == nil }
            // Seen again as long as an older transaction is under way.
            for signIn in found { state.told[signIn] = now }
            state.told = state.told.filter { $0.value + Self.memory > now }
            return new
        }
    }
}
