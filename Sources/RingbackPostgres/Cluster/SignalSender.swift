import RingbackCore
import RingbackModel
import Synchronization

/// What the other nodes are told of commits, after each commit, by ``SignalListener``. What waits is sent together. A
/// signal may be lost.
final class SignalSender: Sendable {
    private struct State {
        var pending = SignalText()
        var isAnnounced = false
    }

    private let node: Node
    private let time: any Timekeeper
    private let state = Mutex(State())
    /// Signaled when there is something to send.
    let wakeUp: WakeUp

    init(node: Node, time: any Timekeeper) throws {
        self.time = time
        self.node = node
        wakeUp = try WakeUp()
    }

    func committed(_ commit: Commit) {
        guard node.hasPeers else { return }
        send { text in
            for event in commit.events { text.add(event) }
            text.committedAt = text.committedAt ?? time.now
            text.presence.formUnion(commit.users)
            text.revoked += commit.ended
        }
    }

    func presence(_ users: Set<UserID>) {
        guard node.hasPeers, !users.isEmpty else { return }
        send { $0.presence.formUnion(users) }
    }

    func watching(_ devices: [Participant]) {
        guard node.hasPeers, !devices.isEmpty else { return }
        send { $0.watching += devices }
    }

    private func send(_ add: (inout SignalText) -> Void) {
        let isFirst = state.withLock { state in
            add(&state.pending)
            guard !state.isAnnounced, !state.pending.isEmpty else { return false }
            state.isAnnounced = true
            return true
        }
        if isFirst { wakeUp.signal() }
    }

    /// Takes what waits.
    ///
    /// - Returns: `nil` if nothing does.
    func take() -> SignalText? {
        state.withLock { state in
            guard state.isAnnounced else { return nil }
            defer { state = State() }
            return state.pending
        }
    }
}
