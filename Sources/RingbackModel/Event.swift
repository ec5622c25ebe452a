/// What can happen to a user. Clients ignore types that they don't know.
public enum EventType: String, Sendable, Codable, CaseIterable {
    /// Somebody calls.
    case callIncoming = "call.incoming"
    /// A device of the callee rings.
    case callRinging = "call.ringing"
    /// A device of the callee has picked up.
    case callAccepted = "call.accepted"
    /// Media flows.
    case callActive = "call.active"
    /// The call is over.
    case callEnded = "call.ended"
    /// One leg stopped, though not because its device said so.
    case callStopped = "call.stopped"
    /// The other side offers.
    case callOffer = "call.offer"
    /// The other side answers an offer.
    case callAnswer = "call.answer"
    /// The other side has found ways to reach it.
    case callCandidates = "call.candidates"
    /// The other side has muted, held or shown something.
    case callMedia = "call.media"
    /// A participant's signaling was lost, or is back.
    case callParticipant = "call.participant"
    /// Live only, never stored.
    case presence
}

/// A place in a user's event log. Opaque to clients.
///
/// The epoch changes when the log was lost or restored, so that a position of the old log is never taken for one of the new.
public struct Cursor: Hashable, Sendable, CustomStringConvertible {
    /// Which log it is a place in.
    public let epoch: String
    /// The number of the newest event that was seen; 0 before the first.
    public let position: Int64

    package init(epoch: String, position: Int64) {
        self.epoch = epoch
        self.position = position
    }

    /// - Returns: `nil` for text that no server has given out.
    public init?(_ text: String) {
        guard text.utf8.count <= 64, let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")), dot > text.startIndex else {
            return nil
        }
        let number = text[text.utf8.index(after: dot)...]
        guard let position = Int64(number), position >= 0, String(position) == number else { return nil }
        self.init(epoch: String(text[..<dot]), position: position)
    }

    public var description: String { "\(epoch).\(position)" }
}

/// An event as it is kept: everything but what depends on who reads it and when. One object for all who are told.
package final class EventBody: Sendable {
    /// `"id":…,"type":…,"time":…,"callId":…,"callSeq":…,"actor":…,"data":…` as JSON members, without braces.
    package let members: [UInt8]
    package let type: EventType
    package let time: Timestamp
    /// `nil` for an event that belongs to no call, and for one that was read from the log.
    package let callId: CallID?

    package init(
        type: EventType, time: Timestamp, callId: CallID, callSeq: Int, actor: Participant?,
        reservingCapacity capacity: Int = 0, data: (inout JSONWriter) -> Void
    ) {
        self.type = type
        self.time = time
        self.callId = callId
        var json = JSONWriter(reservingCapacity: capacity + 320)
        json.name("id")
        json.string(callId.rawValue, Int64(callSeq))
        json.field("type", type.rawValue)
        json.field("time", time)
        json.field("callId", callId.rawValue)
        json.field("callSeq", callSeq)
        json.optionalField("actor", actor)
        json.name("data")
        json.object(data)
        members = json.finish()
    }

    /// An event that belongs to no call and is never stored.
    package init(type: EventType, time: Timestamp, id: String, data: (inout JSONWriter) -> Void) {
        self.type = type
        self.time = time
        callId = nil
        var json = JSONWriter()
        json.field("id", id)
        json.field("type", type.rawValue)
        json.field("time", time)
        json.name("data")
        json.object(data)
        members = json.finish()
    }

    package init(members: [UInt8], type: EventType, time: Timestamp) {
        self.members = members
        self.type = type
        self.time = time
        callId = nil
    }

    /// The event as delivered: the stored members behind the reader's cursor and the age at this moment.
    package func write(to json: inout JSONWriter, cursor: Cursor, now: Timestamp) {
        json.object { json in
            json.name("cursor")
            json.string(cursor.epoch, cursor.position)
            json.field("ageMs", Int(max(0, (now - time).milliseconds)))
            json.raw(members)
        }
    }
}
