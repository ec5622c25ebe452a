import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Tells the other nodes what was committed here: behind the commit, in a transaction of its own, since one that
/// notifies holds a lock of the whole database until it is on disk. What waits is sent together. A signal may be lost.
final class SignalSender: Sendable {
    private struct State {
        var pending = SignalText()
        var isScheduled = false
    }

    private let thread: ConnectionThread
    private let node: Node
    private let channel: String
    private let time: any Timekeeper
    private let state = Mutex(State())

    init(thread: ConnectionThread, node: Node, channel: String, time: any Timekeeper) {
        self.time = time
        self.thread = thread
        self.node = node
        self.channel = channel
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
            guard !state.isScheduled, !state.pending.isEmpty else { return false }
            state.isScheduled = true
            return true
        }
        guard isFirst else { return }
        thread.run { [self] connection in
            let text = state.withLock { state in
                defer { state = State() }
                return state.pending
            }
            // Whoever misses it looks at the logs by itself.
            _ = try? connection.run(
                Statement(
                    "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", .text(channel),
                    .texts(text.payloads(from: node.id))))
        }
    }
}
