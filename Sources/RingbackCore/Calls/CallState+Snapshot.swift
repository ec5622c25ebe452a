package import RingbackModel

extension CallState {
    /// The call as it is reported to its parties.
    package var call: Call {
        var call = Call(
            callId: id, caller: caller, callee: .init(userId: callee, deviceId: calleeDevice), state: state,
            media: media, negotiation: negotiation, createdAt: createdAt,
            legs: legs.map { CallLeg(deviceId: $0.device, state: $0.state, reason: $0.reason) },
            participants: participants)
        call.custom = custom
        call.expiresAt = state == .inviting || state == .ringing ? ringsUntil : nil
        call.ringingAt = ringingAt
        call.acceptedAt = acceptedAt
        call.activeAt = activeAt
        call.merged = isMerged ? true : nil
        if let acceptedAt { call.ringSeconds = Self.seconds(from: ringingAt ?? createdAt, to: acceptedAt) }
        if let ending {
            call.reason = ending.reason
            call.message = ending.message
            call.endedAt = ending.at
            call.endedBy = ending.by
            call.ringSeconds = Self.seconds(from: ringingAt ?? createdAt, to: acceptedAt ?? ending.at)
            call.talkSeconds = activeAt.map { Self.seconds(from: $0, to: ending.at) } ?? 0
            call.sipStatus = ending.reason.sipStatus
        }
        return call
    }

    private var participants: [CallParticipant] {
        // While the call rings, the caller is only listed if it is lost.
        guard calleeDevice != nil || isLive && callerSide.reconnectingSince != nil else { return [] }
        return Side.allCases.compactMap { side in
            device(of: side).map { device in
                CallParticipant(
                    userId: user(of: side), deviceId: device,
                    connection: self[side].reconnectingSince == nil ? .online : .reconnecting, media: self[side].media)
            }
        }
    }

    private static func seconds(from start: Timestamp, to end: Timestamp) -> Int {
        Int(max(0, (end - start).milliseconds / 1000))
    }
}
