/// An offer or an answer (RFC 8829), as the server stores and delivers it.
///
/// The server does not parse the SDP and passes on the JSON string unchanged.
public struct Description: Hashable, Sendable {
    /// Offer or answer.
    public enum Kind: String, Sendable, Codable {
        /// Opens a negotiation.
        case offer
        /// Closes a negotiation.
        case answer
    }

    /// The call.
    public var callId: CallID
    /// The number of the negotiation, counted from 1 within a call.
    public var negotiation: Int
    /// Offer or answer.
    public var kind: Kind
    /// The `sdp` of an `RTCSessionDescriptionInit`: a JSON string whose content has at most ``Limits/sdpBytes`` bytes.
    public var sdp: JSONText
    /// Whether the offer restarts ICE; false for an answer.
    public var iceRestart: Bool
    /// The device that sent it.
    public var from: Participant
    /// When the server received it.
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

    /// Writes the members without the surrounding braces.
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

/// An ICE candidate (RFC 8838), as the server stores it.
public struct StoredCandidate: Hashable, Sendable {
    /// The position among all candidates of the call, counted from 1.
    public var position: Int
    /// The device that sent it.
    public var from: Participant
    /// The negotiation that it belongs to, if the sender gave one.
    public var negotiation: Int?
    /// The `RTCIceCandidateInit`, as it was sent.
    public var candidate: JSONText
    /// When the server received it.
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
