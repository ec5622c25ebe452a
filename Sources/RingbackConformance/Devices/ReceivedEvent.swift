package import RingbackModel

/// An event as a device received it.
package struct ReceivedEvent: Sendable, CustomStringConvertible {
    package let json: JSONSlice
    package let id: String
    package let type: String
    package let cursor: String

    init(_ json: JSONSlice) throws {
        guard let id = json.text("id"), let type = json.text("type"), let cursor = json.text("cursor") else {
            throw WireError.unexpected("an event has a cursor, an id and a type: \(json.excerpt)")
        }
        self.json = json
        self.id = id
        self.type = type
        self.cursor = cursor
    }

    package var callId: String? { json.text("callId") }
    package var callSeq: Int? { json.number("callSeq") }
    /// The device that caused the event.
    package var actorDeviceId: String? { json.text("actor.deviceId") }
    package var actorUserId: String? { json.text("actor.userId") }
    package var data: JSONSlice? { json["data"] }

    /// The call in the event's data.
    package func call(at place: Place = #line) throws -> CallView { try CallView(data?["call"], at: place) }

    package var description: String {
        guard let callId else { return type }
        return "\(type) #\(callSeq ?? 0) of \(callId.prefix(6))"
    }
}
