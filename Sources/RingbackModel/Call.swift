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
        /// Who is called.
        public var userId: UserID
        /// The device that has picked up.
        public var deviceId: DeviceID?

        /// A user, and the device if one has picked up.
        public init(userId: UserID, deviceId: DeviceID? = nil) {
            self.userId = userId
            self.deviceId = deviceId
        }
    }

    /// Which media the caller asks for. SDP decides; this is for the screen that rings.
    public struct Media: Hashable, Sendable, Codable {
        /// Whether to speak.
        public var audio: Bool
        /// Whether to be seen.
        public var video: Bool

        /// A call with sound and picture, unless one is left out.
        public init(audio: Bool = true, video: Bool = true) {
            self.audio = audio
            self.video = video
        }
    }

    /// The name of the call, the same for all devices.
    public var callId: CallID
    /// Who calls, and from which device.
    public var caller: Participant
    /// Who is called.
    public var callee: Callee
    /// Where it is in its life.
    public var state: State
    /// Why it ended; absent before.
    public var reason: EndReason?
    /// What the callee said when it declined, at most ``Limits/messageCharacters``.
    public var message: String?
    /// What the caller asks for.
    public var media: Media
    /// The caller's own JSON, at most ``Limits/customBytes``, as it was sent.
    public var custom: JSONText?
    /// The number of the newest negotiation; 0 before the first offer.
    public var negotiation: Int
    /// When the caller invited.
    public var createdAt: Timestamp
    /// When the ring time is over; absent once the call was accepted or has ended.
    public var expiresAt: Timestamp?
    /// When the first device reported that it rings.
    public var ringingAt: Timestamp?
    /// When a device picked up.
    public var acceptedAt: Timestamp?
    /// When media began to flow.
    public var activeAt: Timestamp?
    /// When it was over.
    public var endedAt: Timestamp?
    /// Who or what ended it; absent before.
    public var endedBy: EndedBy?
    /// Whole seconds from the first ringing (or the invitation, if none was reported) to accept or end.
    public var ringSeconds: Int?
    /// Whole seconds from active to the end.
    public var talkSeconds: Int?
    /// The status code a SIP gateway would use (RFC 3261, section 21).
    public var sipStatus: Int?
    /// The devices of the callee that were rung.
    public var legs: [CallLeg]
    /// The two devices of an accepted call; none before.
    public var participants: [CallParticipant]
    /// Both invited each other at once, and this call is what came of it.
    public var merged: Bool?
    /// In the history only: the call as the one who asks saw it.
    public var direction: CallDirection?
    /// In the history only: an incoming call that was never accepted.
    public var missed: Bool?

    /// A call as it is when it begins; what comes later is set later.
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
    /// What has become of the ringing there.
    public enum State: String, Sendable, Codable {
        /// Rung, without a word from it yet.
        case invited
        /// It rings.
        case alerting
        /// It has picked up.
        case accepted
        /// It rings no more; the reason says why.
        case stopped
    }

    /// The device that is rung.
    public var deviceId: DeviceID
    /// What has become of it.
    public var state: State
    /// Why the leg stopped: a ``LegReason``, or the call's ``EndReason``.
    public var reason: String?

    /// A leg, and why it stopped if it did.
    public init(deviceId: DeviceID, state: State, reason: String? = nil) {
        self.deviceId = deviceId
        self.state = state
        self.reason = reason
    }
}

/// A device that takes part in an accepted call.
public struct CallParticipant: Hashable, Sendable, Codable {
    /// Whether the server hears from the device. Media may flow all the same.
    public enum Connection: String, Sendable, Codable {
        /// It does.
        case online
        /// Nothing has come for a while; it may be back.
        case reconnecting
    }

    /// Whose device it is.
    public var userId: UserID
    /// The device that takes part.
    public var deviceId: DeviceID
    /// Whether the server hears from it.
    public var connection: Connection
    /// What the participant said last with `PUT …/media`.
    public var media: JSONText?

    /// A participant, and what it has said of its media.
    public init(userId: UserID, deviceId: DeviceID, connection: Connection = .online, media: JSONText? = nil) {
        self.userId = userId
        self.deviceId = deviceId
        self.connection = connection
        self.media = media
    }
}

/// Who or what ended a call.
public struct EndedBy: Hashable, Sendable, Codable {
    /// What ends calls.
    public enum Kind: String, Sendable, Codable {
        /// One of the devices.
        case device
        /// A time that ran out.
        case timer
        /// A rule of the callee's, as to be busy.
        case policy
        /// An administrator.
        case administrator
    }

    /// What ended the call.
    public var kind: Kind
    /// Whose device it was, if it was one.
    public var userId: UserID?
    /// The device, if it was one.
    public var deviceId: DeviceID?

    /// Anything but a device.
    public init(_ kind: Kind) { self.kind = kind }

    /// A device.
    public init(_ participant: Participant) {
        kind = .device
        userId = participant.userId
        deviceId = participant.deviceId
    }
}

/// A call as one of its users saw it.
public enum CallDirection: String, Sendable, Codable {
    /// The user was called.
    case incoming
    /// The user called.
    case outgoing
}
