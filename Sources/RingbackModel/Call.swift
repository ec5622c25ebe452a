/// A call as its parties see it.
public struct Call: Hashable, Sendable, Codable {
    /// Where a call is in its life.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Sent to the callee's devices; none has reported that it rings.
        case inviting
        /// At least one device of the callee rings.
        case ringing
        /// A device has accepted; the two devices negotiate their media.
        case connecting
        /// Media flows.
        case active
        /// Over, with a reason. An ended call never changes.
        case ended
    }

    /// The callee: the user, and the device that won `accept`, once one has.
    public struct Callee: Hashable, Sendable, Codable {
        public var userId: UserID
        public var deviceId: DeviceID?

        public init(userId: UserID, deviceId: DeviceID? = nil) {
            self.userId = userId
            self.deviceId = deviceId
        }
    }

    /// Which media the caller asks for. SDP decides; this is for the screen that rings.
    public struct Media: Hashable, Sendable, Codable {
        public var audio: Bool
        public var video: Bool

        public init(audio: Bool = true, video: Bool = true) {
            self.audio = audio
            self.video = video
        }
    }

    public var callId: CallID
    public var caller: Participant
    public var callee: Callee
    public var state: State
    public var reason: EndReason?
    /// What the callee said when it declined, at most ``Limits/messageCharacters``.
    public var message: String?
    public var media: Media
    /// The caller's own JSON, at most ``Limits/customBytes``, as it was sent.
    public var custom: JSONText?
    /// The number of the newest negotiation; 0 before the first offer.
    public var negotiation: Int
    public var createdAt: Timestamp
    /// When the ring time is over; absent once the call was accepted or has ended.
    public var expiresAt: Timestamp?
    public var ringingAt: Timestamp?
    public var acceptedAt: Timestamp?
    public var activeAt: Timestamp?
    public var endedAt: Timestamp?
    public var endedBy: Ender?
    /// Whole seconds from the first ringing (or the invitation, if none was reported) to accept or end.
    public var ringSeconds: Int?
    /// Whole seconds from active to the end.
    public var talkSeconds: Int?
    /// The status code a SIP gateway would use (RFC 3261, section 21).
    public var sipStatus: Int?
    public var legs: [CallLeg]
    public var participants: [CallParticipant]
    /// Both invited each other at once, and this call is what came of it.
    public var merged: Bool?
    /// In the history only: the call as the one who asks saw it.
    public var direction: CallDirection?
    /// In the history only: an incoming call that was never accepted.
    public var missed: Bool?

    public init(
        callId: CallID, caller: Participant, callee: Callee, state: State, media: Media, negotiation: Int,
        createdAt: Timestamp, legs: [CallLeg] = [], participants: [CallParticipant] = []
    ) {
        self.callId = callId
        self.caller = caller
        self.callee = callee
        self.state = state
        self.media = media
        self.negotiation = negotiation
        self.createdAt = createdAt
        self.legs = legs
        self.participants = participants
    }
}

/// One device of the callee being rung for one call (a branch, in the words of RFC 3261, section 16).
public struct CallLeg: Hashable, Sendable, Codable {
    public enum State: String, Sendable, Codable { case invited, alerting, accepted, stopped }

    public var deviceId: DeviceID
    public var state: State
    /// Why the leg stopped: a ``LegReason``, or the call's ``EndReason``.
    public var reason: String?

    public init(deviceId: DeviceID, state: State, reason: String? = nil) {
        self.deviceId = deviceId
        self.state = state
        self.reason = reason
    }
}

/// A device that takes part in an accepted call.
public struct CallParticipant: Hashable, Sendable, Codable {
    /// Whether the server hears from the device. Media may flow all the same.
    public enum Connection: String, Sendable, Codable { case online, reconnecting }

    public var userId: UserID
    public var deviceId: DeviceID
    public var connection: Connection
    /// What the participant said last with `PUT …/media`.
    public var media: JSONText?

    public init(userId: UserID, deviceId: DeviceID, connection: Connection = .online, media: JSONText? = nil) {
        self.userId = userId
        self.deviceId = deviceId
        self.connection = connection
        self.media = media
    }
}

/// Who or what ended a call.
public struct Ender: Hashable, Sendable, Codable {
    public enum Kind: String, Sendable, Codable { case device, timer, policy, administrator }

    public var kind: Kind
    public var userId: UserID?
    public var deviceId: DeviceID?

    public init(_ kind: Kind) { self.kind = kind }

    public init(_ participant: Participant) {
        kind = .device
        userId = participant.userId
        deviceId = participant.deviceId
    }
}

public enum CallDirection: String, Sendable, Codable { case incoming, outgoing }
