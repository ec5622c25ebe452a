package import RingbackModel

/// The keys of the writes to a call, so that a repeated one is done once.
extension CallState {
    /// Writes with keys that are remembered of each side. A socket takes 16 changes at a time and reads 65 messages ahead, so that
    /// all that it can have unanswered is remembered. One that is repeated when it is forgotten is done again.
    package static let keyedWritesPerSide = 128

    /// What a device of the call did with a key.
    func keyedWrite(_ key: WriteKey, by actor: Participant) -> KeyedWrite? {
        guard let side = side(of: actor) else { return nil }
        return self[side].keyedWrites.last { $0.key.id == key.id }
    }

    mutating func remember(_ write: KeyedWrite, of side: Side) {
        let surplus = self[side].keyedWrites.count - Self.keyedWritesPerSide + 1
        if surplus > 0 { self[side].keyedWrites.removeFirst(surplus) }
        self[side].keyedWrites.append(write)
    }

    /// The keys of the invitations that made this call, and that were merged into it, with their devices.
    package var invitationKeys: [(device: DeviceID, key: WriteKey)] {
        var keys: [(device: DeviceID, key: WriteKey)] = []
        if let invitationKey { keys.append((caller.deviceId, invitationKey)) }
        if let mergeKey, let calleeDevice { keys.append((calleeDevice, mergeKey)) }
        return keys
    }

    /// Whether a device has invited this call, or was merged into it, with a key of the same id.
    package func isInvited(_ key: WriteKey, by device: DeviceID) -> Bool {
        invitationKey?.id == key.id && caller.deviceId == device || mergeKey?.id == key.id && calleeDevice == device
    }

    /// The call as the answer to its invitation told it.
    var asInvited: CallState {
        // A callee that was busy has ended the call with the invitation.
        if ending?.by.kind == .policy { return self }
        return CallState(
            id: id, caller: caller, callee: callee, media: media, custom: custom, createdAt: createdAt,
            ringsUntil: ringsUntil, isConcealed: isConcealed,
            legs: legs.prefix(invitedLegs).map { Leg(device: $0.device) })
    }
}
