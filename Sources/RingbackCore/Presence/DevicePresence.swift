package import RingbackModel

/// The rules that decide whether a device is present and whether its signaling is lost. A value; the time is an
/// argument.
///
/// A device is *present* while it has a socket or stream open or a poll is waiting, and for ``pollGrace`` after a poll.
/// Its *signaling* is considered intact also for ``pollGrace`` after any request, and for ``streamGrace`` after its
/// last stream closed, so that reloading a page does not count as a loss.
package struct DevicePresence: Sendable {
    package static let pollGrace: Duration = .seconds(40)
    package static let streamGrace: Duration = .seconds(3)

    private struct DeviceState {
        var open = 0
        /// The end of its presence if nothing is open.
        var presentUntil: MonotonicTime?
        /// When its signaling is lost if nothing is open.
        var signaledUntil: MonotonicTime
        /// `nil` for an expected device, which was not seen yet.
        var lastSeen: Moment?
        /// Whether its signaling is lost. True for a new device, until it is heard from.
        var isLost = true
        /// Whether it was present when its presence was last reported.
        var isPresent = false
        /// Whether it is in ``DevicePresence/fading``.
        var isFading = false
    }

    private var devices: [UserID: [DeviceID: DeviceState]] = [:]
    /// Devices with nothing open, to be checked by ``sweep(at:)``, and some that have something open again.
    private var fading: Set<Participant> = []
    /// Users whose presence may have changed, and devices that were lost (`false`) or are back (`true`), until they are
    /// taken.
    private var users: Set<UserID> = []
    private var signaling: [Participant: Bool] = [:]
    private var hasNews = false
    private var nextSweep: MonotonicTime?
    /// Times of last contact that are not stored yet.
    private var unsaved: [DeviceID: Timestamp] = [:]

    package init() {}

    // MARK: What devices do

    /// Records that a socket, a stream or a waiting poll began.
    package mutating func opened(_ participant: Participant, at now: Moment) {
        update(participant, at: now) { device in device.open += 1 }
    }

    /// Records that a socket, a stream or a poll ended.
    ///
    /// - Parameter isPoll: Whether it was a poll, after which another one is expected.
    package mutating func closed(_ participant: Participant, isPoll: Bool, at now: Moment) {
        // Ignores a device that was signed out meanwhile.
        guard devices[participant.userId]?[participant.deviceId] != nil else { return }
        update(participant, at: now) { device in
            device.open = max(0, device.open - 1)
            if isPoll {
                device.presentUntil = now.monotonic + Self.pollGrace
                device.signaledUntil = now.monotonic + Self.pollGrace
            } else if device.open == 0 {
                device.presentUntil = max(device.presentUntil ?? now.monotonic, now.monotonic)
                device.signaledUntil = max(device.presentUntil ?? now.monotonic, now.monotonic + Self.streamGrace)
            }
        }
    }

    /// Records a request.
    package mutating func signaled(_ participant: Participant, at now: Moment) {
        if isKnown(participant, at: now) { return }
        update(participant, at: now) { device in
            device.signaledUntil = max(device.signaledUntil, now.monotonic + Self.pollGrace)
        }
    }

    private static let knownMilliseconds: Int64 = 1000
    private static let freshMilliseconds = pollGrace.milliseconds - knownMilliseconds

    /// Whether the device is present and was recorded within the last second, so that recording it again changes
    /// nothing.
    private func isKnown(_ participant: Participant, at now: Moment) -> Bool {
        guard let device = devices[participant.userId]?[participant.deviceId], let lastSeen = device.lastSeen else {
            return false
        }
        let milliseconds = now.monotonic.milliseconds
        return device.isPresent && !device.isLost
            && milliseconds - lastSeen.monotonic.milliseconds < Self.knownMilliseconds
            && device.signaledUntil.milliseconds - milliseconds > Self.freshMilliseconds
    }

    /// Removes a device that was signed out.
    package mutating func forget(_ participant: Participant) {
        guard let device = devices[participant.userId]?.removeValue(forKey: participant.deviceId) else { return }
        if !device.isLost { signaling[participant] = false }
        if devices[participant.userId]?.isEmpty == true { devices[participant.userId] = nil }
        fading.remove(participant)
        unsaved[participant.deviceId] = nil
        users.insert(participant.userId)
        hasNews = true
    }

    /// Expects a participating device to return after a restart of the server.
    ///
    /// - Parameter isLost: Whether its signaling was lost before the restart.
    package mutating func expect(_ participant: Participant, isLost: Bool, at now: Moment) {
        guard devices[participant.userId]?[participant.deviceId] == nil else { return }
        devices[participant.userId, default: [:]][participant.deviceId] = DeviceState(
            signaledUntil: now.monotonic + Self.pollGrace, isLost: isLost, isFading: true)
        fading.insert(participant)
    }

    private mutating func update(_ participant: Participant, at now: Moment, _ change: (inout DeviceState) -> Void) {
        var device =
            devices[participant.userId]?[participant.deviceId] ?? DeviceState(signaledUntil: now.monotonic)
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
        if device.open == 0, !device.isFading {
            device.isFading = true
            fading.insert(participant)
        }
        devices[participant.userId, default: [:]][participant.deviceId] = device
        unsaved[participant.deviceId] = now.wall
    }

    private mutating func tell(_ participant: Participant, isBack: Bool) {
        signaling[participant] = isBack
        hasNews = true
    }

    /// Calls ``sweep(at:)`` if half a second has passed since it did.
    package mutating func sweepIfDue(at now: Moment) {
        if let nextSweep, now.monotonic < nextSweep { return }
        nextSweep = now.monotonic + .milliseconds(500)
        sweep(at: now)
    }

    /// Records which devices are no longer present or connected. Call about once a second.
    ///
    /// A device that was present was last seen when it is recorded as gone: until then others saw it as present, and to
    /// those whom its user blocks, the user goes offline in the same way.
    package mutating func sweep(at now: Moment) {
        for participant in fading {
            guard var device = devices[participant.userId]?[participant.deviceId] else {
                fading.remove(participant)
                continue
            }
            guard device.open == 0 else {
                fading.remove(participant)
                devices[participant.userId]?[participant.deviceId]?.isFading = false
                continue
            }
            // With a delay, so that reloading a page is not reported.
            let isGone = device.presentUntil.map { $0 + Self.streamGrace <= now.monotonic } ?? true
            if device.isPresent, isGone {
                device.isPresent = false
                device.lastSeen = now
                unsaved[participant.deviceId] = now.wall
                users.insert(participant.userId)
                hasNews = true
            }
            if !device.isLost, device.signaledUntil <= now.monotonic {
                device.isLost = true
                tell(participant, isBack: false)
            }
            if device.isLost, !device.isPresent {
                fading.remove(participant)
                device.isFading = false
            }
            devices[participant.userId]?[participant.deviceId] = device
        }
    }

    // MARK: Queries

    /// Whether a device of the user is present. A device that has gone counts until ``sweep(at:)`` has recorded it.
    package func isPresent(_ user: UserID) -> Bool {
        devices[user]?.values.contains(where: \.isPresent) ?? false
    }

    /// The devices of a user that are present.
    package func presentDevices(of user: UserID) -> Set<DeviceID> {
        Set((devices[user] ?? [:]).filter(\.value.isPresent).keys)
    }

    /// When the user was last in contact, since the start of the server.
    package func lastSeen(_ user: UserID) -> Timestamp? { devices[user]?.values.compactMap(\.lastSeen?.wall).max() }

    /// What is known of one device.
    package struct Known: Sendable {
        package let participant: Participant
        package let isPresent: Bool
        /// Nothing is heard of it, and its grace is over.
        package let isLost: Bool
        /// `nil` for a device that is expected.
        package let lastSeen: Timestamp?
    }

    package func devices(of user: UserID) -> [Known] {
        (devices[user] ?? [:]).map { device, state in
            Known(
                participant: Participant(userId: user, deviceId: device), isPresent: state.isPresent,
                isLost: state.isLost, lastSeen: state.lastSeen?.wall)
        }
    }

    /// Users of whose devices something is known.
    package var knownUsers: [UserID] { Array(devices.keys) }

    /// Takes the users whose presence may have changed; `nil` if there are none and ``takeSignaling()`` is empty as
    /// well.
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

    /// Returns changes that could not be reported. Changes that have happened meanwhile take precedence.
    package mutating func putBack(_ signaling: [Participant: Bool]) {
        self.signaling.merge(signaling) { newer, _ in newer }
    }

    /// The maximum age of the stored time of a device that is connected. An open connection causes one write in this
    /// time.
    package static let seenInterval: Duration = .seconds(600)

    /// Takes the times that must be stored with ``AccountWriter/setLastSeen(_:)``.
    package mutating func takeUnsaved(at now: Moment) -> [DeviceID: Timestamp] {
        for (user, known) in devices {
            for (id, device) in known where device.open > 0 {
                guard let seen = device.lastSeen else { continue }
                let passed = now.monotonic - seen.monotonic
                // After a step of the wall clock, the stored time would be that of a device that was not seen for long.
                let isSteady = abs((now.wall - (seen.wall + passed)).milliseconds) < Self.seenInterval.milliseconds
                guard passed >= Self.seenInterval || !isSteady else { continue }
                devices[user]?[id]?.lastSeen = now
                unsaved[id] = now.wall
            }
        }
        defer { unsaved = [:] }
        return unsaved
    }

    /// Removes devices that have gone and whose absence was reported.
    ///
    /// - Returns: The removed devices.
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
