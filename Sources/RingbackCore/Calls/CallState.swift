package import RingbackModel

/// The call as a pure value: a command and the time go in, the next state and its effects come out.
///
/// Nothing here waits, stores or sends. Whoever keeps a `CallState` applies commands one at a time, saves the state and
/// carries out the ``Transition`` in one transaction, and calls ``advance(to:timing:)`` when ``deadline(timing:)`` has come.
/// An ended call never changes.
package struct CallState: Sendable, Hashable {
    /// The two parties of a call.
    package enum Side: String, Sendable, Hashable, CaseIterable {
        case caller, callee

        package var other: Side { self == .caller ? .callee : .caller }
    }

    /// A device of the callee being rung.
    package struct Leg: Sendable, Hashable {
        package let device: DeviceID
        package var state: CallLeg.State
        package var reason: String?
        /// The device has said that it rings. It may say so again.
        package var hasAlerted: Bool

        package init(device: DeviceID, state: CallLeg.State = .invited, reason: String? = nil, hasAlerted: Bool = false)
        {
            self.device = device
            self.state = state
            self.reason = reason
            self.hasAlerted = hasAlerted
        }
    }

    /// What the server knows of a side once the call is accepted.
    package struct SideState: Sendable, Hashable {
        package var hasReportedConnected = false
        package var hasSentAnswer = false
        /// Since when nothing was heard of the device; `nil` while its signaling is there.
        package var reconnectingSince: Timestamp?
        package var candidates = 0
        package var media: JSONText?

        package init() {}
    }

    /// An offer that waits for its answer.
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
        package var by: Ender
        package var at: Timestamp
        package var message: String?

        package init(reason: EndReason, by: Ender, at: Timestamp, message: String? = nil) {
            self.reason = reason
            self.by = by
            self.at = at
            self.message = message
        }
    }

    /// What the invitation fixed for good: one object for all states of a call, so that they are cheap to copy.
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

    private let origin: Origin

    package var id: CallID { origin.id }
    package var caller: Participant { origin.caller }
    package var callee: UserID { origin.callee }
    package var media: Call.Media { origin.media }
    package var custom: JSONText? { origin.custom }
    package var createdAt: Timestamp { origin.createdAt }
    /// When the ring time is over.
    package var ringsUntil: Timestamp { origin.ringsUntil }
    /// The callee has blocked the caller: it is told nothing, ever.
    package var isConcealed: Bool { origin.isConcealed }

    package var state: Call.State = .inviting
    /// The callee's device that won `accept`.
    package var calleeDevice: DeviceID?
    package var ending: Ending?
    package var ringingAt: Timestamp?
    package var acceptedAt: Timestamp?
    package var activeAt: Timestamp?
    package var isMerged = false
    package var legs: [Leg]
    package var callerSide = SideState()
    package var calleeSide = SideState()
    /// The number of the newest negotiation.
    package var negotiation = 0
    package var openNegotiation: OpenNegotiation?
    /// Events so far; the newest one's `callSeq`.
    package var eventCount = 0
    /// Entries of the timeline so far.
    package var timelineCount = 0

    package init(
        id: CallID, caller: Participant, callee: UserID, media: Call.Media, custom: JSONText?, createdAt: Timestamp,
        ringsUntil: Timestamp, isConcealed: Bool, legs: [Leg]
    ) {
        origin = Origin(
            id: id, caller: caller, callee: callee, media: media, custom: custom, createdAt: createdAt,
            ringsUntil: ringsUntil, isConcealed: isConcealed)
        self.legs = legs
    }
}

extension CallState {
    package subscript(side: Side) -> SideState {
        get { side == .caller ? callerSide : calleeSide }
        set { if side == .caller { callerSide = newValue } else { calleeSide = newValue } }
    }

    package func user(of side: Side) -> UserID { side == .caller ? caller.userId : callee }

    /// The device that takes part for a side; `nil` for the callee until one has accepted.
    package func device(of side: Side) -> DeviceID? { side == .caller ? caller.deviceId : calleeDevice }

    /// The side a user is on; `nil` for strangers, and for a callee who must not know of the call.
    package func side(of user: UserID) -> Side? {
        if user == caller.userId { return .caller }
        return user == callee && !isConcealed ? .callee : nil
    }

    /// The side for which this very device takes part; `nil` for every other device.
    package func side(of participant: Participant) -> Side? {
        guard let side = side(of: participant.userId), device(of: side) == participant.deviceId else { return nil }
        return side
    }

    package var isLive: Bool { state != .ended }

    /// Accepted and not ended.
    package var isUnderWay: Bool { state == .connecting || state == .active }
}
