import RingbackModel
import Synchronization

/// This process among those that use the database.
final class Node: Sendable {
    /// Without a sign of life for so long, a node is dead.
    static let lifetimeMilliseconds: Int64 = 5000
    static let lifetime: Duration = .milliseconds(lifetimeMilliseconds)
    /// How long a node that was heard counts as alive before a heartbeat has seen it.
    private static let newcomerLifetime: Duration = .seconds(2)

    private struct State {
        var peers: Set<String> = []
        /// Nodes that were heard and were not among the peers.
        var heard: [String: ContinuousClock.Instant] = [:]
    }

    /// Another one for each start.
    let id = OpaqueText.random(bytes: 12)
    let name: String
    private let state = Mutex(State())

    init(name: String) { self.name = name }

    /// Whether there are other nodes, as far as is known. Without any, nothing has to be written for them.
    var hasPeers: Bool { state.withLock { !$0.peers.isEmpty } }

    /// How many nodes live, this one among them.
    var count: Int { state.withLock { $0.peers.count + 1 } }

    /// Takes the other nodes that live, as a heartbeat has found them.
    ///
    /// - Returns: Whether one has come, and whether one has gone.
    func take(peers found: Set<String>) -> (hasCome: Bool, hasGone: Bool) {
        let now = ContinuousClock.now
        return state.withLock { state in
            // A node whose first signal has just arrived may have started after the heartbeat read the list.
            state.heard = state.heard.filter { !found.contains($0.key) && $0.value + Self.newcomerLifetime > now }
            let new = found.union(state.heard.keys)
            defer { state.peers = new }
            return (!new.isSubset(of: state.peers), !state.peers.isSubset(of: new))
        }
    }

    /// Takes a node that was heard.
    ///
    /// - Returns: Whether it was not known.
    func hear(_ peer: String) -> Bool {
        state.withLock { state in
            guard state.peers.insert(peer).inserted else { return false }
            state.heard[peer] = .now
            return true
        }
    }
}
