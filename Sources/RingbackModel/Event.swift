/// The type of an event. Clients must ignore types that they don't know.
public enum EventType: String, Sendable, Codable, CaseIterable {
    /// Somebody calls the user.
    case callIncoming = "call.incoming"
    /// A device of the callee rings.
    case callRinging = "call.ringing"
    /// A device of the callee has accepted.
    case callAccepted = "call.accepted"
    /// The call has become active.
    case callActive = "call.active"
    /// The call has ended.
    case callEnded = "call.ended"
    /// Another device of the user has marked a missed call, and all before it, as seen.
    case callSeen = "call.seen"
    /// The leg of a device has stopped because of what another device did.
    case callStopped = "call.stopped"
    /// The other side sent an offer.
    case callOffer = "call.offer"
    /// The other side sent an answer.
    case callAnswer = "call.answer"
    /// The other side sent ICE candidates.
    case callCandidates = "call.candidates"
    /// The other side changed its media state.
    case callMedia = "call.media"
    /// The server has lost contact with a participant, or has it again.
    case callParticipant = "call.participant"
    /// The presence of a watched user has changed. Not stored.
    case presence
}

/// A position in a user's event log. Opaque to clients.
///
/// The epoch changes when the log is lost or restored, so that a position in the old log is never taken for one in the
/// new log.
public struct Cursor: Hashable, Sendable, CustomStringConvertible {
    /// The epoch of the log.
    public let epoch: String
    /// The number of the newest event that was received; 0 before the first.
    public let position: Int64

    package init(epoch: String, position: Int64) {
        self.epoch = epoch
        self.position = position
    }

    /// Parses the text form.
    ///
    /// - Returns: `nil` if `text` does not have the form of a cursor, or is longer than 64 bytes.
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

/// An event as it is stored: everything that does not depend on the reader and the time of delivery. All recipients
/// share one object.
package final class EventBody: Sendable {
    /// `"id":…,"type":…,"time":…,"callId":…,"callSeq":…,"actor":…,"data":…` as JSON members, without braces.
    package let members: [UInt8]
    package let type: EventType
    package let time: Timestamp
    /// `nil` for an event without a call and for one that was read from the log.
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

    /// Creates an event that belongs to no call and is not stored.
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

    /// Writes the event as it is delivered: the reader's cursor and the current age, followed by the stored members.
    package func write(to json: inout JSONWriter, cursor: Cursor, now: Timestamp) {
        json.object { json in
            json.name("cursor")
            json.string(cursor.epoch, cursor.position)
            json.field("ageMs", Int(max(0, (now - time).milliseconds)))
            json.raw(members)
        }
    }
}
