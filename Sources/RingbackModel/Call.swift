/// A call, as its two users see it.
public struct Call: Hashable, Sendable, Codable {
    /// The state of a call.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// The callee's devices have been notified; none has reported that it rings.
        case inviting
        /// At least one device of the callee rings.
        case ringing
        /// A device has accepted, and the two devices negotiate their media.
        case connecting
        /// The devices have reported that they are connected.
        case active
        /// The call is over and has a reason. An ended call never changes.
        case ended
    }

    /// The user who is called, and the device that accepted the call, once one has.
    public struct Callee: Hashable, Sendable, Codable {
        /// The user who is called.
        public var userId: UserID
        /// The device that accepted the call.
        public var deviceId: DeviceID?

        /// Creates a callee.
        public init(userId: UserID, deviceId: DeviceID? = nil) {
            self.userId = userId
            self.deviceId = deviceId
        }
    }

    /// The media that the caller asks for, for display while the call rings. What is sent is negotiated in SDP.
    public struct Media: Hashable, Sendable, Codable {
        /// Whether the caller asks for audio.
        public var audio: Bool
        /// Whether the caller asks for video.
        public var video: Bool

        /// Creates a request for audio and video, unless one of them is turned off.
        public init(audio: Bool = true, video: Bool = true) {
            self.audio = audio
            self.video = video
        }
    }

    /// The identifier of the call, the same for all devices.
    public var callId: CallID
    /// The user who calls, and the device that calls.
    public var caller: Participant
    /// The user who is called.
    public var callee: Callee
    /// The current state.
    public var state: State
    /// Why the call ended; absent until then.
    public var reason: EndReason?
    /// The text that the callee sent when declining, at most ``Limits/messageCharacters`` characters.
    public var message: String?
    /// The media that the caller asks for.
    public var media: Media
    /// JSON of the caller's choice, at most ``Limits/customBytes`` bytes, byte for byte as it was sent.
    public var custom: JSONText?
    /// The number of the newest negotiation; 0 before the first offer.
    public var negotiation: Int
    /// When the call was created.
    public var createdAt: Timestamp
    /// When the call stops ringing; absent once it has been accepted or has ended.
    public var expiresAt: Timestamp?
    /// When the first device reported that it rings.
    public var ringingAt: Timestamp?
    /// When a device accepted the call.
    public var acceptedAt: Timestamp?
    /// When the call became active.
    public var activeAt: Timestamp?
    /// When the call ended.
    public var endedAt: Timestamp?
    /// Who or what ended the call; absent until then.
    public var endedBy: EndedBy?
    /// Whole seconds from `ringingAt` (or `createdAt`, if no device reported that it rings) to the acceptance or the
    /// end.
    public var ringSeconds: Int?
    /// Whole seconds from `activeAt` to `endedAt`.
    public var talkSeconds: Int?
    /// The status code that a SIP gateway would use (RFC 3261, section 21).
    public var sipStatus: Int?
    /// The callee's devices that ring or rang, at most ``Limits/legs``.
    public var legs: [CallLeg]
    /// The two devices of an accepted call; empty before.
    public var participants: [CallParticipant]
    /// True if the two users invited each other at the same time and the server joined both invitations in this call.
    public var merged: Bool?
    /// Only in the history: whether the requesting user called or was called.
    public var direction: CallDirection?
    /// Only in the history: whether this is an incoming call that ended without being accepted or declined.
    public var missed: Bool?
    /// Whether a missed call was marked as seen on any device of the user. Only in a history.
    public var seen: Bool?

    /// Creates a call with the members that every call has; the others are `nil`.
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

/// One device of the callee that is rung for a call (a branch, in the terms of RFC 3261, section 16).
public struct CallLeg: Hashable, Sendable, Codable {
    /// The state of a leg.
    public enum State: String, Sendable, Codable {
        /// The device has been notified and has not reported anything yet.
        case invited
        /// The device rings.
        case alerting
        /// The device has accepted the call.
        case accepted
        /// The device no longer rings; `reason` says why.
        case stopped
    }

    /// The device.
    public var deviceId: DeviceID
    /// The current state.
    public var state: State
    /// Why the leg stopped: the raw value of a ``LegReason`` or of the call's ``EndReason``.
    public var reason: String?

    /// Creates a leg.
    public init(deviceId: DeviceID, state: State, reason: String? = nil) {
        self.deviceId = deviceId
        self.state = state
        self.reason = reason
    }
}

/// A device that takes part in an accepted call.
public struct CallParticipant: Hashable, Sendable, Codable {
    /// Whether the server has contact with the device. Media between the devices does not depend on it.
    public enum Connection: String, Sendable, Codable {
        /// The device has a connection open or has sent a request lately.
        case online
        /// The device has had no socket or stream for 3 s and has sent no request for 40 s.
        case reconnecting
    }

    /// The user of the device.
    public var userId: UserID
    /// The device.
    public var deviceId: DeviceID
    /// Whether the server has contact with the device.
    public var connection: Connection
    /// The media state that the device last set with `PUT /v1/calls/{callId}/media`.
    public var media: JSONText?

    /// Creates a participant.
    public init(userId: UserID, deviceId: DeviceID, connection: Connection = .online, media: JSONText? = nil) {
        self.userId = userId
        self.deviceId = deviceId
        self.connection = connection
        self.media = media
    }
}

/// Who or what ended a call.
public struct EndedBy: Hashable, Sendable, Codable {
    /// The kinds of causes.
    public enum Kind: String, Sendable, Codable {
        /// A device of one of the two users.
        case device
        /// A deadline of the call.
        case timer
        /// The callee's busy policy.
        case policy
        /// An administrator.
        case administrator
    }

    /// The kind of cause.
    public var kind: Kind
    /// The user of the device that ended the call, if a device did.
    public var userId: UserID?
    /// The device that ended the call, if a device did.
    public var deviceId: DeviceID?

    /// Creates a cause other than a device.
    public init(_ kind: Kind) { self.kind = kind }

    /// Creates a cause of the kind `device`.
    public init(_ participant: Participant) {
        kind = .device
        userId = participant.userId
        deviceId = participant.deviceId
    }
}

/// The side of a call on which a user is.
public enum CallDirection: String, Sendable, Codable {
    /// The user was called.
    case incoming
    /// The user called.
    case outgoing
}
