import RingbackModel
import RingbackCore

/// A call's state as the JSON of its row. What is absent has its first value, so that nodes of two versions read each
/// other's rows.
enum CallBody {
    // MARK: Writing

    /// - Parameter isWhole: Whether with what a history does not show: legs, custom data, media state and keys.
    static func encode(_ call: CallState, isWhole: Bool = true) -> String {
        var json = JSONWriter(reservingCapacity: 1024)
        json.object { json in
            json.field("caller", call.caller)
            json.field("callee", call.callee.rawValue)
            json.field("audio", call.media.audio)
            json.field("video", call.media.video)
            if isWhole { json.optionalField("custom", call.custom) }
            json.milliseconds("createdAt", call.createdAt)
            json.milliseconds("ringsUntil", call.ringsUntil)
            if call.isConcealed { json.field("concealed", true) }
            json.field("state", call.state.rawValue)
            json.optionalField("calleeDevice", call.calleeDevice?.rawValue)
            json.milliseconds("ringingAt", call.ringingAt)
            json.milliseconds("acceptedAt", call.acceptedAt)
            json.milliseconds("activeAt", call.activeAt)
            if call.isMerged { json.field("merged", true) }
            if call.isAwaited { json.field("awaited", true) }
            if let ending = call.ending { write(ending, to: &json) }
            json.name("legs")
            json.array(isWhole ? call.legs : []) { json, leg in
                json.object { json in
                    json.field("deviceId", leg.device.rawValue)
                    json.field("state", leg.state.rawValue)
                    json.optionalField("reason", leg.reason)
                    if leg.hasAlerted { json.field("alerted", true) }
                }
            }
            if isWhole {
                json.key("invitationKey", call.invitationKey)
                if call.invitedLegs != 0 { json.field("invitedLegs", call.invitedLegs) }
                json.key("mergeKey", call.mergeKey)
            }
            json.name("callerSide")
            write(call.callerSide, isWhole, to: &json)
            json.name("calleeSide")
            write(call.calleeSide, isWhole, to: &json)
            json.field("negotiation", call.negotiation)
            if let open = call.openNegotiation {
                json.name("open")
                json.object { json in
                    json.field("number", open.number)
                    json.field("offerer", open.offerer.rawValue)
                    json.milliseconds("openedAt", open.openedAt)
                }
            }
            json.field("eventCount", call.eventCount)
            json.field("timelineCount", call.timelineCount)
        }
        return json.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static func write(_ ending: CallState.Ending, to json: inout JSONWriter) {
        json.name("ending")
        json.object { json in
            json.field("reason", ending.reason.rawValue)
            json.field("by", ending.by.kind.rawValue)
            json.optionalField("userId", ending.by.userId?.rawValue)
            json.optionalField("deviceId", ending.by.deviceId?.rawValue)
            json.milliseconds("at", ending.at)
            json.optionalField("message", ending.message)
        }
    }

    private static func write(_ side: CallState.SideState, _ isWhole: Bool, to json: inout JSONWriter) {
        json.object { json in
            if side.hasReportedConnected { json.field("connected", true) }
            if side.hasSentAnswer { json.field("answered", true) }
            json.milliseconds("lostAt", side.reconnectingSince)
            if side.candidates != 0 { json.field("candidates", side.candidates) }
            guard isWhole else { return }
            json.optionalField("media", side.media)
            guard !side.keyedWrites.isEmpty else { return }
            json.name("keys")
            json.array(side.keyedWrites) { json, write in
                json.array { json in
                    json.integer(Int64(bitPattern: write.key.id))
                    json.integer(Int64(bitPattern: write.key.fingerprint))
                    json.integer(write.time.milliseconds)
                    json.integer(Int64(write.negotiation))
                }
            }
        }
    }

    // MARK: Reading

    /// - Throws: ``CorruptBody``.
    static func decode(_ body: [UInt8], id: CallID) throws -> CallState {
        guard let json = JSONSlice(kept: body), let caller = Participant(json["caller"]),
            let callee = json["callee"]?.string.flatMap({ UserID($0) }), let createdAt = json["createdAt"]?.time,
            let ringsUntil = json["ringsUntil"]?.time, let legs = json["legs"]?.elements,
            let state = json["state"]?.string.flatMap({ Call.State(rawValue: $0) })
        else { throw CorruptBody(call: id) }
        var call = CallState(
            id: id, caller: caller, callee: callee,
            media: Call.Media(audio: json["audio"]?.bool ?? false, video: json["video"]?.bool ?? false),
            custom: json["custom"]?.text, createdAt: createdAt, ringsUntil: ringsUntil,
            isConcealed: json["concealed"]?.bool ?? false,
            legs: try legs.map { json in
                guard let device = json.device("deviceId"),
                    let state = json["state"]?.string.flatMap({ CallLeg.State(rawValue: $0) })
                else { throw CorruptBody(call: id) }
                return CallState.Leg(
                    device: device, state: state, reason: json["reason"]?.string,
                    hasAlerted: json["alerted"]?.bool ?? false)
            })
        call.state = state
        call.calleeDevice = json.device("calleeDevice")
        call.ringingAt = json["ringingAt"]?.time
        call.acceptedAt = json["acceptedAt"]?.time
        call.activeAt = json["activeAt"]?.time
        call.isMerged = json["merged"]?.bool ?? false
        call.isAwaited = json["awaited"]?.bool ?? false
        call.ending = try json["ending"].map { try ending($0, of: id) }
        call.invitationKey = json["invitationKey"]?.key
        call.invitedLegs = min(json["invitedLegs"]?.integer ?? 0, call.legs.count)
        call.mergeKey = json["mergeKey"]?.key
        call.callerSide = side(json["callerSide"])
        call.calleeSide = side(json["calleeSide"])
        call.negotiation = json["negotiation"]?.integer ?? 0
        if let open = json["open"], let number = open["number"]?.integer, let openedAt = open["openedAt"]?.time,
            let offerer = open["offerer"]?.string.flatMap({ CallState.Side(rawValue: $0) })
        {
            call.openNegotiation = .init(number: number, offerer: offerer, openedAt: openedAt)
        }
        call.eventCount = json["eventCount"]?.integer ?? 0
        call.timelineCount = json["timelineCount"]?.integer ?? 0
        return call
    }

    private static func ending(_ json: JSONSlice, of id: CallID) throws -> CallState.Ending {
        guard let reason = json["reason"]?.string.flatMap({ EndReason(rawValue: $0) }), let at = json["at"]?.time,
            let kind = json["by"]?.string.flatMap({ EndedBy.Kind(rawValue: $0) })
        else { throw CorruptBody(call: id) }
        var by = EndedBy(kind)
        by.userId = json["userId"]?.string.flatMap { UserID($0) }
        by.deviceId = json.device("deviceId")
        return CallState.Ending(reason: reason, by: by, at: at, message: json["message"]?.string)
    }

    private static func side(_ json: JSONSlice?) -> CallState.SideState {
        var side = CallState.SideState()
        guard let json else { return side }
        side.hasReportedConnected = json["connected"]?.bool ?? false
        side.hasSentAnswer = json["answered"]?.bool ?? false
        side.reconnectingSince = json["lostAt"]?.time
        side.candidates = json["candidates"]?.integer ?? 0
        side.media = json["media"]?.text
        side.keyedWrites = (json["keys"]?.elements ?? []).compactMap { json in
            guard let key = json.key, let values = json.elements, values.count > 3, let time = values[2].time else {
                return nil
            }
            return KeyedWrite(key: key, time: time, negotiation: values[3].integer ?? 0)
        }
        return side
    }
}

/// A row of a call that no version of this store can have written.
struct CorruptBody: Error {
    let call: CallID
}

extension JSONWriter {
    fileprivate mutating func milliseconds(_ name: StaticString, _ time: Timestamp?) {
        guard let time else { return }
        self.name(name)
        integer(time.milliseconds)
    }

    fileprivate mutating func key(_ name: StaticString, _ key: WriteKey?) {
        guard let key else { return }
        self.name(name)
        array { json in
            json.integer(Int64(bitPattern: key.id))
            json.integer(Int64(bitPattern: key.fingerprint))
        }
    }
}

extension JSONSlice {
    fileprivate var time: Timestamp? { integer.map { Timestamp(milliseconds: Int64($0)) } }

    /// The first two of an array's numbers.
    fileprivate var key: WriteKey? {
        guard let values = elements, values.count > 1, let id = values[0].integer, let print = values[1].integer else {
            return nil
        }
        return WriteKey(id: UInt64(bitPattern: Int64(id)), fingerprint: UInt64(bitPattern: Int64(print)))
    }

    fileprivate func device(_ name: String) -> DeviceID? { self[name]?.string.flatMap { DeviceID($0) } }
}
