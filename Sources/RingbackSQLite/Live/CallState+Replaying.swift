import RingbackCore
import RingbackModel

/// Most changes do not write the row of the call, because their first event describes them completely: applying it to
/// the previous state of the call gives the new state.
extension CallChange {
    /// Whether the change can be replayed from its first event, with ``CallState/replay(_:key:)`` or, for an
    /// invitation, ``CallState/replayed(_:key:)``. That a call is awaited is in no event.
    var isReplayable: Bool {
        call.isLive && !(isNew && call.isAwaited) && events.first.map { $0.body.type.isReplayable } ?? false
    }
}

extension EventType {
    /// Whether an event of this type describes a change completely, if it is the first of the change.
    var isReplayable: Bool {
        switch self {
        case .callIncoming, .callRinging, .callAccepted, .callActive, .callOffer, .callAnswer, .callCandidates,
            .callMedia, .callParticipant:
            true
        case .callEnded, .callStopped, .callSeen, .presence: false
        }
    }
}

/// An event of the log that no command can have caused.
struct UnreplayableEvent: Error {
    let type: EventType
}

extension CallState {
    /// Creates the call whose invitation an event describes.
    ///
    /// - Parameter key: Identifies the invitation when it is repeated.
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

    /// Applies what an event of the log describes, at the time of the event.
    ///
    /// - Parameter key: Identifies the command when it is repeated.
    /// - Returns: The effects; the event is among the notices. Empty for an event that the call includes already, which
    ///   is one for another user or one that follows from a change whose first event was replayed.
    /// - Throws: ``CallRefusal``, ``UnreplayableEvent``; nothing has changed then.
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
