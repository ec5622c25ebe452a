package import RingbackModel
import Synchronization

/// The calls that have not ended, in short, kept up to date by every commit.
package final class LiveCalls: Sendable {
    fileprivate enum Stage {
        /// The caller calls out.
        case calling
        /// Both take part.
        case underWay
    }

    fileprivate struct State {
        var stages: [CallID: Stage] = [:]
        /// In how many calls a user takes part, or calls out.
        var engagements: [UserID: Int] = [:]
        var calls: [Participant: [CallID]] = [:]
    }

    /// What a commit changed.
    package struct Changes: Sendable {
        /// Users whose being busy may have changed; one may be here twice, and so may a device.
        package var users: [UserID] = []
        /// Devices that newly take part in a call.
        package var joined: [Participant] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the user takes part in a call, or calls out.
    package func isBusy(_ user: UserID) -> Bool { state.withLock { $0.engagements[user] != nil } }

    /// The calls under way that a device takes part in.
    package func calls(of participant: Participant) -> Set<CallID> {
        state.withLock { Set($0.calls[participant] ?? []) }
    }

    package var count: Int { state.withLock(\.stages.count) }

    /// Takes the calls of a commit.
    package func update(_ calls: [CallState]) -> Changes {
        var changes = Changes()
        state.withLock { state in
            for call in calls { state.take(call, &changes) }
        }
        return changes
    }
}

extension LiveCalls.State {
    fileprivate mutating func take(_ call: CallState, _ changes: inout LiveCalls.Changes) {
        let old = stages[call.id]
        let new: LiveCalls.Stage? = call.isLive ? call.isUnderWay ? .underWay : .calling : nil
        // Most commits change neither who takes part nor whether the call lives.
        guard new != old else { return }
        stages[call.id] = new
        if (old == nil) != (new == nil) {
            engage(call.caller.userId, new != nil)
            changes.users.append(call.caller.userId)
        }
        guard (old == .underWay) != (new == .underWay) else { return }
        engage(call.callee, new == .underWay)
        changes.users.append(call.callee)
        for side in CallState.Side.allCases {
            guard let device = call.device(of: side) else { continue }
            let participant = Participant(userId: call.user(of: side), deviceId: device)
            if new == .underWay {
                calls[participant, default: []].append(call.id)
                changes.joined.append(participant)
            } else if let place = calls.index(forKey: participant) {
                calls.values[place].removeAll { $0 == call.id }
                if calls.values[place].isEmpty { calls.remove(at: place) }
            }
        }
    }

    private mutating func engage(_ user: UserID, _ isMore: Bool) {
        let count = engagements[user, default: 0] + (isMore ? 1 : -1)
        engagements[user] = count > 0 ? count : nil
    }
}
