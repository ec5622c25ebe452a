/// An offer or an answer on its way (RFC 8829), as the server keeps and delivers it.
///
/// The SDP is never looked into: it stays the JSON string it came in.
public struct Description: Hashable, Sendable {
    /// Which of the two it is.
    public enum Kind: String, Sendable, Codable {
        /// It opens a negotiation.
        case offer
        /// It closes one.
        case answer
    }

    /// The call it belongs to.
    public var callId: CallID
    /// Counted from 1 within a call.
    public var negotiation: Int
    /// Whether it asks or answers.
    public var kind: Kind
    /// The `sdp` of an `RTCSessionDescriptionInit`, a JSON string of at most ``Limits/sdpBytes``.
    public var sdp: JSONText
    /// Whether the offer restarts ICE; false for an answer.
    public var iceRestart: Bool
    /// Who sent it.
    public var from: Participant
    /// When the server took it.
    public var createdAt: Timestamp

    package init(
        callId: CallID, negotiation: Int, kind: Kind, sdp: JSONText, iceRestart: Bool, from: Participant,
        createdAt: Timestamp
    ) {
        self.callId = callId
        self.negotiation = negotiation
        self.kind = kind
        self.sdp = sdp
        self.iceRestart = iceRestart
        self.from = from
        self.createdAt = createdAt
    }
}

extension Description: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    package var expectedSize: Int { sdp.utf8.count + 320 }

    /// The members without the braces.
    package func writeMembers(to json: inout JSONWriter) {
        json.field("callId", callId.rawValue)
        json.field("negotiation", negotiation)
        json.name("description")
        json.object { json in
            json.field("type", kind.rawValue)
            json.field("sdp", sdp)
        }
        if kind == .offer { json.field("iceRestart", iceRestart) }
        json.field("from", from)
        json.field("createdAt", createdAt)
    }
}

/// An ICE candidate (RFC 8838) as it is stored: one side's, in the order it was sent.
public struct StoredCandidate: Hashable, Sendable {
    /// Counted from 1 within a call, over both sides.
    public var position: Int
    /// Who sent it.
    public var from: Participant
    /// Of the description that it belongs to, if its sender said so.
    public var negotiation: Int?
    /// An `RTCIceCandidateInit`, as it was sent.
    public var candidate: JSONText
    /// When the server took it.
    public var createdAt: Timestamp

    package init(position: Int, from: Participant, negotiation: Int?, candidate: JSONText, createdAt: Timestamp) {
        self.position = position
        self.from = from
        self.negotiation = negotiation
        self.candidate = candidate
        self.createdAt = createdAt
    }
}

extension StoredCandidate: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("position", position)
            json.field("from", from)
            json.optionalField("negotiation", negotiation)
            json.field("candidate", candidate)
            json.field("createdAt", createdAt)
        }
    }
}
