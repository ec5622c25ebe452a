import RingbackCore
import RingbackModel

/// Most changes need no writing of the call: their first event says all. Given the call as it was before, the machine applies
/// again what the event tells, and is where it was.
extension CallChange {
    /// Whether ``CallState/replay(_:key:)``, or for an invitation ``CallState/replayed(_:key:)``, can do this again from its
    /// first event.
    var isReplayable: Bool { call.isLive && events.first.map { $0.body.type.isReplayable } ?? false }
}

extension EventType {
    /// The event tells a change completely, when it is the first of it.
    var isReplayable: Bool {
        switch self {
        case .callIncoming, .callRinging, .callAccepted, .callActive, .callOffer, .callAnswer, .callCandidates,
            .callMedia, .callParticipant:
            true
        case .callEnded, .callStopped, .presence: false
        }
    }
}

/// An event of the log that no command of this machine can have made.
struct UnreplayableEvent: Error {
    let type: EventType
}

extension CallState {
    /// Makes again the call whose invitation an event of the log tells.
    ///
    /// - Parameter key: What the invitation is known by when it is repeated.
    /// - Throws: ``UnreplayableEvent``.
    static func replayed(_ invitation: EventBody, key: WriteKey? = nil) throws -> (CallState, Transition) {
        guard invitation.type == .callIncoming, let json = invitation.json, json["callSeq"]?.integer == 1,
            let call = json["data"]?["call"], let id = call["callId"]?.string.flatMap({ CallID($0) }),
            let caller = Participant(call["caller"]),
            let callee = call["callee"]?["userId"]?.string.flatMap({ UserID($0) }),
            let audio = call["media"]?["audio"]?.bool, let video = call["media"]?["video"]?.bool,
            let ringsUntil = call["expiresAt"]?.string.flatMap({ Timestamp($0) }), let legs = call["legs"]?.elements
        else { throw UnreplayableEvent(type: invitation.type) }
        let devices = legs.compactMap { $0["deviceId"]?.string.flatMap { DeviceID($0) } }
        let ringSeconds = Int((ringsUntil - invitation.time).milliseconds / 1000)
        return invite(
            Invitation(
                caller: caller, callee: callee, media: Call.Media(audio: audio, video: video),
                custom: call["custom"]?.text, ringSeconds: ringSeconds),
            id: id, devices: devices, reception: .rings, at: invitation.time, key: key)
    }

    /// Does again what an event of the log tells, at its time.
    ///
    /// - Parameter key: What the command is known by when it is repeated.
    /// - Returns: What was done then; the event itself is among the notices. Nothing for an event that the call has told
    ///   already: one for another user, and one that follows from a change whose first event was replayed.
    /// - Throws: ``CallRefusal``, ``UnreplayableEvent``. Nothing has changed then.
    mutating func replay(_ event: EventBody, key: WriteKey? = nil) throws -> Transition {
        guard let json = event.json, let seq = json["callSeq"]?.integer, let actor = Participant(json["actor"]),
            let data = json["data"]
        else { throw UnreplayableEvent(type: event.type) }
        if seq <= eventCount { return Transition() }
        if event.type == .callParticipant {
            let isReconnecting = data["connection"]?.string == CallParticipant.Connection.reconnecting.rawValue
            guard let side = side(of: actor) else { throw UnreplayableEvent(type: event.type) }
            return setReconnecting(isReconnecting, side, at: event.time)
        }
        guard let command = Self.command(event.type, data) else { throw UnreplayableEvent(type: event.type) }
        return try apply(command, by: actor, at: event.time, key: key)
    }

    private static func command(_ type: EventType, _ data: JSONSlice) -> CallCommand? {
        switch type {
        case .callRinging: .alerting
        case .callAccepted: data["call"]?["merged"]?.bool == true ? .merge : .accept
        case .callActive: .connected
        case .callOffer: .offer(negotiation: nil, iceRestart: data["iceRestart"]?.bool ?? false)
        case .callAnswer: .answer(negotiation: nil)
        case .callCandidates:
            data["candidates"]?.elements.map {
                .candidates(count: $0.count, negotiation: data["negotiation"]?.integer)
            }
        case .callMedia: (data["media"]?.text).map { .media($0) }
        default: nil
        }
    }
}
