package import RingbackModel
import Synchronization

/// Which devices the server hears from. In memory only: after a restart devices come back by themselves.
///
/// A device is *present* while a socket or stream of it is open, a poll waits, or a poll ended less than ``pollGrace`` ago.
/// Its *signaling* is there also for ``pollGrace`` after any request, and ``streamGrace`` after its last stream closed, so
/// that a page that reloads is not taken for lost.
package final class DevicePresence: Sendable {
    package static let pollGrace: Duration = .seconds(40)
    package static let streamGrace: Duration = .seconds(3)

    /// What has changed and not yet been told.
    package struct Changes: Sendable {
        /// Users who may have come or gone.
        package var users: Set<UserID> = []
        /// Devices whose signaling was lost (`false`) or is back (`true`).
        package var signaling: [Participant: Bool] = [:]

        package init() {}

        package var isEmpty: Bool { users.isEmpty && signaling.isEmpty }
    }

    private struct DeviceState {
        var open = 0
        /// Present until then, with nothing open.
        var presentUntil: Timestamp?
        /// Not lost until then, with nothing open.
        var signaledUntil: Timestamp
        var lastSeen: Timestamp
        /// Nothing is heard of it. A device that is new here was lost until now.
        var isLost = true
        /// The device was present, and its going has not been told.
        var isPresent = false
    }

    private struct State {
        var devices: [UserID: [DeviceID: DeviceState]] = [:]
        /// Devices with nothing open, to be looked at by ``sweep(at:)``.
        var fading: Set<Participant> = []
        var changes = Changes()
        /// Last seen times that are not stored yet.
        var unsaved: [DeviceID: Timestamp] = [:]
    }

    private let state = Mutex(State())
    private let changed: @Sendable () -> Void

    /// - Parameter changed: Called when ``takeChanges()`` has something; on any thread, not under a lock.
    package init(changed: @escaping @Sendable () -> Void) { self.changed = changed }

    // MARK: What devices do

    /// A socket, a stream or a waiting poll began.
    package func opened(_ participant: Participant, at now: Timestamp) {
        update(participant, at: now) { device in device.open += 1 }
    }

    /// What ``opened(_:at:)`` told of is over.
    ///
    /// - Parameter isPoll: It was a poll: the next is expected.
    package func closed(_ participant: Participant, isPoll: Bool, at now: Timestamp) {
        // One that was signed out meanwhile is not heard of any more.
        guard state.withLock({ $0.devices[participant.userId]?[participant.deviceId] != nil }) else { return }
        update(participant, at: now) { device in
            device.open = max(0, device.open - 1)
            if isPoll {
                device.presentUntil = now + Self.pollGrace
                device.signaledUntil = now + Self.pollGrace
            } else if device.open == 0 {
                device.presentUntil = max(device.presentUntil ?? now, now)
                device.signaledUntil = max(device.presentUntil ?? now, now + Self.streamGrace)
            }
        }
    }

    /// A request came, or one is due: the device takes part in a call.
    package func signaled(_ participant: Participant, at now: Timestamp) {
        if isKnown(participant, at: now) { return }
        update(participant, at: now) { device in
            device.signaledUntil = max(device.signaledUntil, now + Self.pollGrace)
        }
    }

    private static let knownMilliseconds: Int64 = 1000
    private static let freshMilliseconds = pollGrace.milliseconds - knownMilliseconds

    /// Whether a device that has something open has been heard of within a second: to note it again changes nothing.
    private func isKnown(_ participant: Participant, at now: Timestamp) -> Bool {
        state.withLock { state in
            guard let device = state.devices[participant.userId]?[participant.deviceId] else { return false }
            return device.open > 0 && device.isPresent && !device.isLost
                && now.milliseconds - device.lastSeen.milliseconds < Self.knownMilliseconds
                && device.signaledUntil.milliseconds - now.milliseconds > Self.freshMilliseconds
        }
    }

    /// The device is signed out.
    package func forget(_ participant: Participant) {
        let isNew = state.withLock { state in
            let wasEmpty = state.changes.isEmpty
            guard let device = state.devices[participant.userId]?.removeValue(forKey: participant.deviceId) else {
                return false
            }
            if !device.isLost { state.changes.signaling[participant] = false }
            if state.devices[participant.userId]?.isEmpty == true { state.devices[participant.userId] = nil }
            state.fading.remove(participant)
            state.unsaved[participant.deviceId] = nil
            state.changes.users.insert(participant.userId)
            return wasEmpty
        }
        if isNew { changed() }
    }

    private func update(_ participant: Participant, at now: Timestamp, _ change: (inout DeviceState) -> Void) {
        let isNew = state.withLock { state in
            let wasEmpty = state.changes.isEmpty
            var device =
                state.devices[participant.userId]?[participant.deviceId]
                ?? DeviceState(signaledUntil: now, lastSeen: now)
            change(&device)
            device.lastSeen = now
            if !device.isPresent, device.open > 0 {
                device.isPresent = true
                state.changes.users.insert(participant.userId)
            }
            if device.isLost {
                device.isLost = false
                state.changes.signaling[participant] = true
            }
            if device.open == 0 { state.fading.insert(participant) } else { state.fading.remove(participant) }
            state.devices[participant.userId, default: [:]][participant.deviceId] = device
            state.unsaved[participant.deviceId] = now
            return wasEmpty && !state.changes.isEmpty
        }
        if isNew { changed() }
    }

    // MARK: What is known of them

    /// Whether any device of the user is present. A device that goes is so a little longer, until ``sweep(at:)`` has told.
    package func isPresent(_ user: UserID) -> Bool {
        state.withLock { $0.devices[user]?.values.contains(where: \.isPresent) ?? false }
    }

    /// When something was last heard of the user, since the server began.
    package func lastSeen(_ user: UserID) -> Timestamp? {
        state.withLock { $0.devices[user]?.values.map(\.lastSeen).max() }
    }

    /// Notes which devices have faded away. To be called about once a second.
    package func sweep(at now: Timestamp) {
        let isNew = state.withLock { state in
            let wasEmpty = state.changes.isEmpty
            for participant in state.fading {
                guard var device = state.devices[participant.userId]?[participant.deviceId] else {
                    state.fading.remove(participant)
                    continue
                }
                // A little late, so that a page that reloads does not flicker.
                let isGone = device.presentUntil.map { $0 + Self.streamGrace <= now } ?? true
                if device.isPresent, isGone {
                    device.isPresent = false
                    state.changes.users.insert(participant.userId)
                }
                if !device.isLost, device.signaledUntil <= now {
                    device.isLost = true
                    state.changes.signaling[participant] = false
                }
                if device.isLost, !device.isPresent { state.fading.remove(participant) }
                state.devices[participant.userId]?[participant.deviceId] = device
            }
            return wasEmpty && !state.changes.isEmpty
        }
        if isNew { changed() }
    }

    /// Takes back changes that could not be told. What happened meanwhile counts.
    package func untold(_ changes: Changes) {
        state.withLock { state in
            state.changes.users.formUnion(changes.users)
            state.changes.signaling.merge(changes.signaling) { newer, _ in newer }
        }
    }

    /// Expects a device that takes part in a call to be heard of, without saying that it was.
    ///
    /// - Parameter isLost: It was lost already when the server stopped.
    package func expect(_ participant: Participant, isLost: Bool, at now: Timestamp) {
        state.withLock { state in
            guard state.devices[participant.userId]?[participant.deviceId] == nil else { return }
            state.devices[participant.userId, default: [:]][participant.deviceId] = DeviceState(
                signaledUntil: now + Self.pollGrace, lastSeen: now, isLost: isLost)
            state.fading.insert(participant)
        }
    }

    package func takeChanges() -> Changes {
        state.withLock { state in
            defer { state.changes = Changes() }
            return state.changes
        }
    }

    /// The times that ``AccountWriter/setLastSeen(_:)`` has yet to keep.
    package func takeUnsaved() -> [DeviceID: Timestamp] {
        state.withLock { state in
            defer { state.unsaved = [:] }
            return state.unsaved
        }
    }

    /// Forgets devices that have gone and whose going was told.
    ///
    /// - Returns: Those devices.
    package func dropGone() -> [Participant] {
        state.withLock { state in
            var gone: [Participant] = []
            for (user, devices) in state.devices {
                let staying = devices.filter { !$0.value.isLost || $0.value.isPresent || $0.value.open > 0 }
                guard staying.count < devices.count else { continue }
                for device in devices.keys where staying[device] == nil {
                    gone.append(Participant(userId: user, deviceId: device))
                }
                state.devices[user] = staying.isEmpty ? nil : staying
            }
            return gone
        }
    }
}
