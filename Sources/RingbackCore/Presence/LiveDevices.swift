import RingbackModel
import Synchronization

/// The devices of a single node, in memory. After a restart, devices reconnect by themselves, and those that
/// participate in a call are expected to.
package final class LiveDevices: Sendable {
    private struct State {
        var devices = DevicePresence()
        var observer: (any StoreObserver)?
    }

    private let time: any Timekeeper
    private let state: Mutex<State>

    /// - Parameter calls: Those that live.
    package init(_ calls: [CallState], time: any Timekeeper) {
        self.time = time
        var state = State()
        for call in calls {
            for side in CallState.Side.allCases {
                guard let participant = call.participant(of: side) else { continue }
                state.devices.expect(participant, isLost: call[side].reconnectingSince != nil, at: time.moment)
            }
        }
        self.state = Mutex(state)
    }

    /// Sets the observer of changes.
    package func observe(_ observer: any StoreObserver) { state.withLock { $0.observer = observer } }

    /// Applies the effects of a commit on devices.
    package func commit(_ commit: Commit) {
        guard !commit.joined.isEmpty || !commit.ended.isEmpty else { return }
        change { devices, now in
            for participant in commit.joined { devices.expect(participant, isLost: false, at: now) }
            for signIn in commit.ended { devices.forget(signIn.participant) }
        }
    }

    package func read<Value>(_ body: (DevicePresence) -> Value) -> Value { state.withLock { body($0.devices) } }

    /// Changes the presence of devices and announces what is new.
    package func change<Value>(_ body: (inout DevicePresence, _ now: Moment) -> Value) -> Value {
        let now = time.moment
        let (value, users, observer) = state.withLock { state in
            (body(&state.devices, now), state.devices.takeNews(), state.observer)
        }
        if let users { observer?.changed(.presence(Array(users))) }
        return value
    }
}
