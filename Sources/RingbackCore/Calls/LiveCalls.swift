package import RingbackModel
import Synchronization

/// The calls that have not ended, in short, kept up to date by every commit.
package final class LiveCalls: Sendable {
    fileprivate struct Entry {
        var users: [UserID] = []
        var participants: [Participant] = []
    }

    fileprivate struct State {
        var entries: [CallID: Entry] = [:]
        /// In how many calls a user takes part, or calls out.
        var engagements: [UserID: Int] = [:]
        var calls: [Participant: Set<CallID>] = [:]
    }

    /// What a commit changed.
    package struct Changes: Sendable {
        /// Users whose being busy may have changed.
        package var users: Set<UserID> = []
        /// Devices that newly take part in a call.
        package var joined: Set<Participant> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the user takes part in a call, or calls out.
    package func isBusy(_ user: UserID) -> Bool { state.withLock { $0.engagements[user] != nil } }

    /// The calls under way that a device takes part in.
    package func calls(of participant: Participant) -> Set<CallID> {
        state.withLock { $0.calls[participant] ?? [] }
    }

    package var count: Int { state.withLock(\.entries.count) }

    /// Takes the calls of a commit.
    package func update(_ calls: [CallState]) -> Changes {
        var changes = Changes()
        state.withLock { state in
            for call in calls {
                let known = state.entries[call.id]
                // Most commits change neither who takes part nor whether the call lives.
                if let known, call.isLive, known.participants.isEmpty != call.isUnderWay { continue }
                let old = known ?? Entry()
                let new = Self.entry(of: call)
                for user in old.users { state.leave(user) }
                for user in new.users { state.engagements[user, default: 0] += 1 }
                for participant in old.participants {
                    state.calls[participant]?.remove(call.id)
                    if state.calls[participant]?.isEmpty == true { state.calls[participant] = nil }
                }
                for participant in new.participants { state.calls[participant, default: []].insert(call.id) }
                state.entries[call.id] = call.isLive ? new : nil
                for user in old.users where !new.users.contains(user) { changes.users.insert(user) }
                for user in new.users where !old.users.contains(user) { changes.users.insert(user) }
                for joined in new.participants where !old.participants.contains(joined) {
                    changes.joined.insert(joined)
                }
            }
        }
        return changes
    }

    private static func entry(of call: CallState) -> Entry {
        guard call.isLive else { return Entry() }
        guard call.isUnderWay else { return Entry(users: [call.caller.userId]) }
        return Entry(
            users: [call.caller.userId, call.callee],
            participants: CallState.Side.allCases.compactMap { side in
                call.device(of: side).map { Participant(userId: call.user(of: side), deviceId: $0) }
            })
    }
}

extension LiveCalls.State {
    fileprivate mutating func leave(_ user: UserID) {
        guard let count = engagements[user] else { return }
        engagements[user] = count > 1 ? count - 1 : nil
    }
}
