package import RingbackModel

/// The state machine of a call, a pure value: a command and the time lead to the next state and its effects.
///
/// It does not wait, store or send. The owner of a `CallState` applies one command at a time, saves the state and
/// carries out the ``Transition`` in one transaction, and calls ``advance(to:timing:)`` at ``deadline(timing:)``. An
/// ended call never changes.
package struct CallState: Sendable, Hashable {
    /// The two parties of a call.
    package enum Side: String, Sendable, Hashable, CaseIterable {
        case caller, callee

        package var other: Side { self == .caller ? .callee : .caller }
    }

    /// A device of the callee that is rung.
    package struct Leg: Sendable, Hashable {
        package let device: DeviceID
        package var state: CallLeg.State
        package var reason: String?
        /// Whether the device has reported that it rings. It may do so repeatedly.
        package var hasAlerted: Bool

        package init(device: DeviceID, state: CallLeg.State = .invited, reason: String? = nil, hasAlerted: Bool = false)
        {
            self.device = device
            self.state = state
            self.reason = reason
            self.hasAlerted = hasAlerted
        }
    }

    /// The state of one side. Most of it is set once the call is accepted.
    package struct SideState: Sendable, Hashable {
        package var hasReportedConnected = false
        package var hasSentAnswer = false
        /// Since when the signaling of the device is lost; `nil` if it is not.
        package var reconnectingSince: Timestamp?
        package var candidates = 0
        package var media: JSONText?
        /// The writes with keys of the device, the newest last; at most ``CallState/keyedWritesPerSide``.
        package var keyedWrites: [KeyedWrite] = []

        package init() {}
    }

    /// An offer that has not been answered.
    package struct OpenNegotiation: Sendable, Hashable {
        package var number: Int
        package var offerer: Side
        package var openedAt: Timestamp

        package init(number: Int, offerer: Side, openedAt: Timestamp) {
            self.number = number
            self.offerer = offerer
            self.openedAt = openedAt
        }
    }

    /// How the call ended.
    package struct Ending: Sendable, Hashable {
        package var reason: EndReason
        package var by: EndedBy
        package var at: Timestamp
        package var message: String?

        package init(reason: EndReason, by: EndedBy, at: Timestamp, message: String? = nil) {
            self.reason = reason
            self.by = by
            self.at = at
            self.message = message
        }
    }

    /// The immutable values of the invitation, shared by all states of a call.
    private final class Origin: Sendable, Hashable {
        let id: CallID
        let caller: Participant
        let callee: UserID
        let media: Call.Media
        let custom: JSONText?
        let createdAt: Timestamp
        let ringsUntil: Timestamp
        let isConcealed: Bool

        init(
            id: CallID, caller: Participant, callee: UserID, media: Call.Media, custom: JSONText?,
            createdAt: Timestamp, ringsUntil: Timestamp, isConcealed: Bool
        ) {
            self.id = id
            self.caller = caller
            self.callee = callee
            self.media = media
            self.custom = custom
            self.createdAt = createdAt
            self.ringsUntil = ringsUntil
            self.isConcealed = isConcealed
        }

        static func == (a: Origin, b: Origin) -> Bool {
            a === b
                || a.id == b.id && a.caller == b.caller && a.callee == b.callee && a.media == b.media
                    && a.custom == b.custom && a.createdAt == b.createdAt && a.ringsUntil == b.ringsUntil
                    && a.isConcealed == b.isConcealed
        }

        func hash(into hasher: inout Hasher) { hasher.combine(id) }
    }

    /// The values that change.
    private struct Facts: Hashable {
        var timelineCount = 0
        var eventCount = 0
        var state = Call.State.inviting
        var calleeDevice: DeviceID?
        var ending: Ending?
        var ringingAt: Timestamp?
        var acceptedAt: Timestamp?
        var activeAt: Timestamp?
        var isMerged = false
        var isAwaited = false
        var legs: [Leg]
        var invitationKey: WriteKey?
        var invitedLegs = 0
        var mergeKey: WriteKey?
        var callerSide = SideState()
        var calleeSide = SideState()
        var negotiation = 0
        var openNegotiation: OpenNegotiation?
    }

    /// The storage, shared by all copies of a state until one of them is changed.
    ///
    /// Unchecked: `facts` is changed only through a unique reference, and `CallState` is a value.
    private final class Shared: @unchecked Sendable {
        let origin: Origin
        var facts: Facts

        init(_ origin: Origin, _ facts: Facts) { (self.origin, self.facts) = (origin, facts) }
    }

    private var shared: Shared

    /// The storage to change, to which no other state refers. Not a `_modify`, each call of which would allocate.
    private var own: Shared {
        mutating get {
            if !isKnownUniquelyReferenced(&shared) { shared = Shared(shared.origin, shared.facts) }
            return shared
        }
    }

    package static func == (a: CallState, b: CallState) -> Bool {
        if a.shared === b.shared { return true }
        // Compares first what most changes affect, without copying.
        guard a.timelineCount == b.timelineCount, a.eventCount == b.eventCount else { return false }
        return a.shared.origin == b.shared.origin && a.shared.facts == b.shared.facts
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    package var id: CallID { shared.origin.id }
    package var caller: Participant { shared.origin.caller }
    package var callee: UserID { shared.origin.callee }
    package var media: Call.Media { shared.origin.media }
    package var custom: JSONText? { shared.origin.custom }
    package var createdAt: Timestamp { shared.origin.createdAt }
    /// When the ring time ends.
    package var ringsUntil: Timestamp { shared.origin.ringsUntil }
    /// Whether the callee has blocked the caller. The callee is never notified of the call.
    package var isConcealed: Bool { shared.origin.isConcealed }

    package var state: Call.State {
        get { shared.facts.state }
        _modify { yield &own.facts.state }
    }
    /// The callee's device that accepted the call, also after the call has ended.
    package var calleeDevice: DeviceID? {
        get { shared.facts.calleeDevice }
        _modify { yield &own.facts.calleeDevice }
    }
    package var ending: Ending? {
        get { shared.facts.ending }
        _modify { yield &own.facts.ending }
    }
    package var ringingAt: Timestamp? {
        get { shared.facts.ringingAt }
        _modify { yield &own.facts.ringingAt }
    }
    package var acceptedAt: Timestamp? {
        get { shared.facts.acceptedAt }
        _modify { yield &own.facts.acceptedAt }
    }
    package var activeAt: Timestamp? {
        get { shared.facts.activeAt }
        _modify { yield &own.facts.activeAt }
    }
    package var isMerged: Bool {
        get { shared.facts.isMerged }
        _modify { yield &own.facts.isMerged }
    }
    /// Whether somebody outside was asked to wake a device of the callee: then the call waits for its whole ring time.
    package var isAwaited: Bool {
        get { shared.facts.isAwaited }
        _modify { yield &own.facts.isAwaited }
    }
    package var legs: [Leg] {
        get { shared.facts.legs }
        _modify { yield &own.facts.legs }
    }
    /// The key of the invitation.
    package var invitationKey: WriteKey? {
        get { shared.facts.invitationKey }
        _modify { yield &own.facts.invitationKey }
    }
    /// If the invitation had a key: how many of the legs, from the first, its answer listed.
    package var invitedLegs: Int {
        get { shared.facts.invitedLegs }
        _modify { yield &own.facts.invitedLegs }
    }
    /// The key of the callee's invitation that was merged into this call.
    package var mergeKey: WriteKey? {
        get { shared.facts.mergeKey }
        _modify { yield &own.facts.mergeKey }
    }
    package var callerSide: SideState {
        get { shared.facts.callerSide }
        _modify { yield &own.facts.callerSide }
    }
    package var calleeSide: SideState {
        get { shared.facts.calleeSide }
        _modify { yield &own.facts.calleeSide }
    }
    /// The number of the newest negotiation; 0 before the first.
    package var negotiation: Int {
        get { shared.facts.negotiation }
        _modify { yield &own.facts.negotiation }
    }
    package var openNegotiation: OpenNegotiation? {
        get { shared.facts.openNegotiation }
        _modify { yield &own.facts.openNegotiation }
    }
    /// The number of events so far, which is the `callSeq` of the newest.
    package var eventCount: Int {
        get { shared.facts.eventCount }
        _modify { yield &own.facts.eventCount }
    }
    /// The number of timeline entries so far.
    package var timelineCount: Int {
        get { shared.facts.timelineCount }
        _modify { yield &own.facts.timelineCount }
    }

    package init(
        id: CallID, caller: Participant, callee: UserID, media: Call.Media, custom: JSONText?, createdAt: Timestamp,
        ringsUntil: Timestamp, isConcealed: Bool, legs: [Leg]
    ) {
        let origin = Origin(
            id: id, caller: caller, callee: callee, media: media, custom: custom, createdAt: createdAt,
            ringsUntil: ringsUntil, isConcealed: isConcealed)
        shared = Shared(origin, Facts(legs: legs))
    }
}

extension CallState {
    package subscript(side: Side) -> SideState {
        get { side == .caller ? shared.facts.callerSide : shared.facts.calleeSide }
        // Otherwise each call of it would allocate.
        @inline(__always) _modify {
            if side == .caller { yield &own.facts.callerSide } else { yield &own.facts.calleeSide }
        }
    }

    package func user(of side: Side) -> UserID { side == .caller ? caller.userId : callee }

    /// The participating device of a side; `nil` for the callee before a device has accepted.
    package func device(of side: Side) -> DeviceID? { side == .caller ? caller.deviceId : calleeDevice }

    /// The participating device of a side with its user; `nil` for the callee before a device has accepted.
    package func participant(of side: Side) -> Participant? {
        device(of: side).map { Participant(userId: user(of: side), deviceId: $0) }
    }

    /// The side of a user; `nil` for other users, and for a callee from whom the call is concealed.
    package func side(of user: UserID) -> Side? {
        if user == caller.userId { return .caller }
        return user == callee && !isConcealed ? .callee : nil
    }

    /// The side for which exactly this device participates; `nil` for all other devices.
    package func side(of participant: Participant) -> Side? {
        guard let side = side(of: participant.userId), device(of: side) == participant.deviceId else { return nil }
        return side
    }

    /// The newest time in the state of the call. The clock of the call never shows an earlier one.
    package var newestTime: Timestamp {
        let times = [
            ringingAt, acceptedAt, activeAt, ending?.at, openNegotiation?.openedAt, callerSide.reconnectingSince,
            calleeSide.reconnectingSince,
        ]
        return times.lazy.compactMap(\.self).reduce(createdAt, max)
    }

    package var isLive: Bool { state != .ended }

    /// The number of candidates of both sides.
    package var candidateCount: Int { callerSide.candidates + calleeSide.candidates }

    /// Whether the call has been accepted and has not ended.
    package var isUnderWay: Bool { state == .connecting || state == .active }
}
