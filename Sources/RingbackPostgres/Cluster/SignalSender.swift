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
            for event in commit.events { text.grew[event.user] = event.position }
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

/// The text of notifications: a line for the sender, and one for each thing.
struct SignalText {
    /// A notification is less than 8,000 bytes.
    private static let maximumBytes = 7500

    var grew: [UserID: Int64] = [:]
    var presence: Set<UserID> = []
    var revoked: [SignIn] = []
    var watching: [Participant] = []
    /// When the first of it was committed.
    var committedAt: Timestamp?
    /// Not in the text: the sender was not known.
    var hasCome = false

    init() {}

    var isEmpty: Bool { !hasCome && grew.isEmpty && presence.isEmpty && revoked.isEmpty && watching.isEmpty }

    func payloads(from node: String) -> [String] {
        let lines =
            (committedAt.map { ["t \($0.milliseconds)"] } ?? []) + grew.map { "g \($0.key) \($0.value)" }
            + presence.map { "p \($0)" }
            + revoked.map { "r \($0.participant.userId) \($0.participant.deviceId) \($0.generation)" }
            + watching.map { "w \($0.userId) \($0.deviceId)" }
        var payloads: [String] = []
        var payload = node
        for line in lines {
            if payload.utf8.count + line.utf8.count >= Self.maximumBytes {
                payloads.append(payload)
                payload = node
            }
            payload += "\n" + line
        }
        payloads.append(payload)
        return payloads
    }

    /// - Returns: The sender; lines that this version does not know are passed over.
    mutating func read(_ payload: String) -> String {
        let lines = payload.split(separator: "\n")
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "t" { committedAt = Int64(words[1]).map { Timestamp(milliseconds: $0) } }
            guard words.count > 1, let user = UserID(String(words[1])) else { continue }
            switch (words[0], words.count) {
            case ("g", 3): if let position = Int64(words[2]) { grew[user] = max(grew[user] ?? 0, position) }
            case ("p", 2): presence.insert(user)
            case ("r", 4):
                guard let device = DeviceID(String(words[2])), let generation = UInt64(words[3]) else { continue }
                revoked.append(SignIn(Participant(userId: user, deviceId: device), generation: generation))
            case ("w", 3):
                guard let device = DeviceID(String(words[2])) else { continue }
                watching.append(Participant(userId: user, deviceId: device))
            default: continue
            }
        }
        return lines.first.map(String.init) ?? ""
    }
}
