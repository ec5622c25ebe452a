import RingbackModel
import Synchronization

/// This process among those that use the database.
final class Node: Sendable {
    /// Without a sign of life for so long, a node is dead.
    static let lifetimeMilliseconds: Int64 = 5000

    /// Another one for each start.
    let id = OpaqueText.random(bytes: 12)
    let name: String
    private let peers = Mutex<Set<String>>([])

    init(name: String) { self.name = name }

    /// Whether there are other nodes, as of the newest heartbeat. Without any, nothing has to be written for them.
    var hasPeers: Bool { peers.withLock { !$0.isEmpty } }

    /// How many nodes live, this one among them.
    var count: Int { peers.withLock { $0.count + 1 } }

    /// Takes the other nodes that live.
    ///
    /// - Returns: Whether one has come, and whether one has gone.
    func take(peers new: Set<String>) -> (hasCome: Bool, hasGone: Bool) {
        peers.withLock { peers in
            defer { peers = new }
            return (!new.isSubset(of: peers), !peers.isSubset(of: new))
        }
    }
}
