import Synchronization

/// Whether this node may decide. Each heartbeat renews it for as long as the others take a node for alive.
///
/// A node that was asleep (stopped, or on a machine that was) finds requests that their clients have meanwhile asked
/// another node, and that may be beyond what a call remembers of its writes. They are refused, for the clients to ask
/// again.
final class Lease: Sendable {
    /// How long what has waited in sockets may need to be read, after a node was asleep.
    private static let pause: Duration = .seconds(1)

    private struct State {
        /// `nil` before the first heartbeat: there was nothing to miss.
        var renewedAt: ContinuousClock.Instant?
        var beginsAt: ContinuousClock.Instant?
    }

    private let node: Node
    private let state = Mutex(State())

    init(node: Node) { self.node = node }

    /// - Parameter now: When the database was asked.
    func renew(at now: ContinuousClock.Instant) {
        state.withLock { state in
            if let last = state.renewedAt, last + Node.lifetime < now { state.beginsAt = .now + Self.pause }
            state.renewedAt = now
        }
    }

    /// Without other nodes there is nobody who could have been asked.
    var isHeld: Bool {
        guard node.hasPeers else { return true }
        let now = ContinuousClock.now
        return state.withLock { state in
            guard let last = state.renewedAt else { return true }
            return last + Node.lifetime >= now && state.beginsAt.map { $0 <= now } ?? true
        }
    }

    /// Whether the database has answered lately, and this node may decide.
    var isReachable: Bool {
        isHeld && state.withLock { $0.renewedAt.map { $0 + Node.lifetime + Self.pause > .now } ?? true }
    }
}
