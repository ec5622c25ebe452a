package import RingbackModel

/// What the events of a log tell of offers, answers and candidates: a store keeps them there and nowhere else.
extension EventType {
    /// The event has what the other side needs to connect: an offer, an answer or candidates.
    package var hasPayload: Bool { self == .callOffer || self == .callAnswer || self == .callCandidates }
}

extension EventBody {
    /// The event as one JSON object.
    package var json: JSONSlice? { JSONSlice(kept: [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")]) }
}

extension Participant {
    /// - Returns: `nil` when `json` names no device of a user.
    package init?(_ json: JSONSlice?) {
        guard let user = json?["userId"]?.string.flatMap({ UserID($0) }),
            let device = json?["deviceId"]?.string.flatMap({ DeviceID($0) })
        else { return nil }
        self.init(userId: user, deviceId: device)
    }
}

extension Description {
    /// The offer or answer that an event tells of; `nil` when it tells of something else.
    package init?(_ event: EventBody) {
        guard let json = event.json else { return nil }
        guard let kind: Kind = event.type == .callOffer ? .offer : event.type == .callAnswer ? .answer : nil,
            let data = json["data"], let call = data["callId"]?.string.flatMap({ CallID($0) }),
            let negotiation = data["negotiation"]?.integer, let sdp = data["description"]?["sdp"]?.text,
            let from = Participant(data["from"])
        else { return nil }
        self.init(
            callId: call, negotiation: negotiation, kind: kind, sdp: sdp,
            iceRestart: data["iceRestart"]?.bool ?? false, from: from, createdAt: event.time)
    }
}

/// Candidates as they were sent together.
package struct CandidateBatch: Sendable, Hashable {
    package var from: Participant
    package var negotiation: Int?
    package var candidates: [JSONText]

    /// The candidates that an event tells of; `nil` when it tells of something else.
    package init?(_ event: EventBody) {
        guard let json = event.json else { return nil }
        guard event.type == .callCandidates, let from = Participant(json["actor"]), let data = json["data"],
            let candidates = data["candidates"]?.elements
        else { return nil }
        self.from = from
        negotiation = data["negotiation"]?.integer
        self.candidates = candidates.map(\.text)
    }
}
