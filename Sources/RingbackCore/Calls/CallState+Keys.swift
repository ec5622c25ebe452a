package import RingbackModel

/// The idempotency keys of a call, so that a repeated write is not carried out twice.
extension CallState {
    /// The maximum number of remembered keys of each side. A socket processes 16 changes at a time and reads up to 65
    /// messages ahead, so all writes that a socket can leave unanswered are remembered. A write whose key has been
    /// forgotten is carried out again.
    package static let keyedWritesPerSide = 128

    /// What a device of the call did with a key; `nil` if the key is not known.
    func keyedWrite(_ key: WriteKey, by actor: Participant) -> KeyedWrite? {
        guard let side = side(of: actor) else { return nil }
        return self[side].keyedWrites.last { $0.key.id == key.id }
    }

    mutating func remember(_ write: KeyedWrite, of side: Side) {
        let surplus = self[side].keyedWrites.count - Self.keyedWritesPerSide + 1
        if surplus > 0 { self[side].keyedWrites.removeFirst(surplus) }
        self[side].keyedWrites.append(write)
    }

    /// The keys and devices of the invitations that created this call or were merged into it.
    package var invitationKeys: [(device: DeviceID, key: WriteKey)] {
        var keys: [(device: DeviceID, key: WriteKey)] = []
        if let invitationKey { keys.append((caller.deviceId, invitationKey)) }
        if let mergeKey, let calleeDevice { keys.append((calleeDevice, mergeKey)) }
        return keys
    }

    /// Whether `device` created this call, or was merged into it, with a key of the same id.
    package func isInvited(_ key: WriteKey, by device: DeviceID) -> Bool {
        invitationKey?.id == key.id && caller.deviceId == device || mergeKey?.id == key.id && calleeDevice == device
    }

    /// The call as it was in the answer to its invitation.
    var asInvited: CallState {
        // If the callee was busy, the invitation itself ended the call.
        if ending?.by.kind == .policy { return self }
        return CallState(
            id: id, caller: caller, callee: callee, media: media, custom: custom, createdAt: createdAt,
            ringsUntil: ringsUntil, isConcealed: isConcealed,
            legs: legs.prefix(invitedLegs).map { Leg(device: $0.device) })
    }
}
