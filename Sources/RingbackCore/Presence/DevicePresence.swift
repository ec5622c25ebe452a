package import RingbackModel

/// The rules by which a device is there, or is lost: a value, with the time as an argument.
///
/// A device is *present* while a socket or stream of it is open, a poll waits, or a poll ended less than ``pollGrace`` ago.
/// Its *signaling* is there also for ``pollGrace`` after any request, and ``streamGrace`` after its last stream closed, so
/// that a page that reloads is not taken for lost.
package struct DevicePresence: Sendable {
    package static let pollGrace: Duration = .seconds(40)
    package static let streamGrace: Duration = .seconds(3)

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

    private var devices: [UserID: [DeviceID: DeviceState]] = [:]
    /// Devices with nothing open, to be looked at by ``sweep(at:)``.
    private var fading: Set<Participant> = []
    /// Users who may have come or gone, and devices that were lost (`false`) or are back (`true`), until they are taken.
    private var users: Set<UserID> = []
    private var signaling: [Participant: Bool] = [:]
    private var hasNews = false
    /// Last seen times that are not stored yet.
    private var unsaved: [DeviceID: Timestamp] = [:]

    package init() {}

    // MARK: What devices do

    /// A socket, a stream or a waiting poll began.
    package mutating func opened(_ participant: Participant, at now: Timestamp) {
        update(participant, at: now) { device in device.open += 1 }
    }

    /// What ``opened(_:at:)`` told of is over.
    ///
    /// - Parameter isPoll: It was a poll: the next is expected.
    package mutating func closed(_ participant: Participant, isPoll: Bool, at now: Timestamp) {
        // One that was signed out meanwhile is not heard of any more.
        guard devices[participant.userId]?[participant.deviceId] != nil else { return }
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

    /// A request came.
    package mutating func signaled(_ participant: Participant, at now: Timestamp) {
        if isKnown(participant, at: now) { return }
        update(participant, at: now) { device in
            device.signaledUntil = max(device.signaledUntil, now + Self.pollGrace)
        }
    }

    private static let knownMilliseconds: Int64 = 1000
    private static let freshMilliseconds = pollGrace.milliseconds - knownMilliseconds

    /// Whether a device that has something open has been heard of within a second: to note it again changes nothing.
    private func isKnown(_ participant: Participant, at now: Timestamp) -> Bool {
        guard let device = devices[participant.userId]?[participant.deviceId] else { return false }
        return device.open > 0 && device.isPresent && !device.isLost
            && now.milliseconds - device.lastSeen.milliseconds < Self.knownMilliseconds
            && device.signaledUntil.milliseconds - now.milliseconds > Self.freshMilliseconds
    }

    /// The device is signed out.
    package mutating func forget(_ participant: Participant) {
        guard let device = devices[participant.userId]?.removeValue(forKey: participant.deviceId) else { return }
        if !device.isLost { signaling[participant] = false }
        if devices[participant.userId]?.isEmpty == true { devices[participant.userId] = nil }
        fading.remove(participant)
        unsaved[participant.deviceId] = nil
        users.insert(participant.userId)
        hasNews = true
    }

    /// Expects a device that takes part in a call to be heard of, without saying that it was.
    ///
    /// - Parameter isLost: It was lost already when the server stopped.
    package mutating func expect(_ participant: Participant, isLost: Bool, at now: Timestamp) {
        guard devices[participant.userId]?[participant.deviceId] == nil else { return }
        devices[participant.userId, default: [:]][participant.deviceId] = DeviceState(
            signaledUntil: now + Self.pollGrace, lastSeen: now, isLost: isLost)
        fading.insert(participant)
    }

    private mutating func update(_ participant: Participant, at now: Timestamp, _ change: (inout DeviceState) -> Void) {
        var device =
            devices[participant.userId]?[participant.deviceId] ?? DeviceState(signaledUntil: now, lastSeen: now)
        change(&device)
        device.lastSeen = now
        if !device.isPresent, device.open > 0 {
            device.isPresent = true
            users.insert(participant.userId)
            hasNews = true
        }
        if device.isLost {
            device.isLost = false
            tell(participant, isBack: true)
        }
        if device.open == 0 { fading.insert(participant) } else { fading.remove(participant) }
        devices[participant.userId, default: [:]][participant.deviceId] = device
        unsaved[participant.deviceId] = now
    }

    private mutating func tell(_ participant: Participant, isBack: Bool) {
        signaling[participant] = isBack
        hasNews = true
    }

    /// Notes which devices have faded away. To be called about once a second.
    package mutating func sweep(at now: Timestamp) {
        for participant in fading {
            guard var device = devices[participant.userId]?[participant.deviceId] else {
                fading.remove(participant)
                continue
            }
            // A little late, so that a page that reloads does not flicker.
            let isGone = device.presentUntil.map { $0 + Self.streamGrace <= now } ?? true
            if device.isPresent, isGone {
                device.isPresent = false
                users.insert(participant.userId)
                hasNews = true
            }
            if !device.isLost, device.signaledUntil <= now {
                device.isLost = true
                tell(participant, isBack: false)
            }
            if device.isLost, !device.isPresent { fading.remove(participant) }
            devices[participant.userId]?[participant.deviceId] = device
        }
    }

    // MARK: What is known of them

    /// Whether any device of the user is present. A device that goes is so a little longer, until ``sweep(at:)`` has told.
    package func isPresent(_ user: UserID) -> Bool {
        devices[user]?.values.contains(where: \.isPresent) ?? false
    }

    /// When something was last heard of the user, since the server began.
    package func lastSeen(_ user: UserID) -> Timestamp? { devices[user]?.values.map(\.lastSeen).max() }

    /// Takes the users who may have come or gone; `nil` when neither they nor ``takeSignaling()`` have anything new.
    package mutating func takeNews() -> Set<UserID>? {
        guard hasNews else { return nil }
        defer { (users, hasNews) = ([], false) }
        return users
    }

    /// Takes the devices whose signaling was lost (`false`) or is back (`true`).
    package mutating func takeSignaling() -> [Participant: Bool] {
        defer { signaling = [:] }
        return signaling
    }

    /// Takes back what could not be told. What happened meanwhile counts.
    package mutating func putBack(_ signaling: [Participant: Bool]) {
        self.signaling.merge(signaling) { newer, _ in newer }
    }

    /// The times that ``AccountWriter/setLastSeen(_:)`` has yet to keep.
    package mutating func takeUnsaved() -> [DeviceID: Timestamp] {
        defer { unsaved = [:] }
        return unsaved
    }

    /// Forgets devices that have gone and whose going was told.
    ///
    /// - Returns: Those devices.
    package mutating func dropGone() -> [Participant] {
        var gone: [Participant] = []
        for (user, known) in devices {
            let staying = known.filter { !$0.value.isLost || $0.value.isPresent || $0.value.open > 0 }
            guard staying.count < known.count else { continue }
            for device in known.keys where staying[device] == nil {
                gone.append(Participant(userId: user, deviceId: device))
            }
            devices[user] = staying.isEmpty ? nil : staying
        }
        return gone
    }
}
