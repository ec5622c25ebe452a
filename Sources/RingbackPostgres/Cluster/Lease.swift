import Synchronization

/// Whether this node may make decisions. Each heartbeat renews the lease for the time after which the others consider a
/// node dead.
///
/// After a node was suspended, its sockets may contain requests that their clients have since sent to another node,
/// with keys that a call no longer remembers. These requests are refused, so that the clients repeat them.
final class Lease: Sendable {
    /// How long to refuse requests after a node was suspended: the time to read what has waited in its sockets.
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
