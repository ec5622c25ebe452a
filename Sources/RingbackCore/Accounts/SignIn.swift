package import RingbackModel

/// A sign-in of a device. When the device signs in again, everything that belongs to the earlier sign-in becomes
/// invalid: its token, its tickets, its connections and its waiting writes.
package struct SignIn: Sendable, Hashable {
    package let participant: Participant
    /// Distinguishes the sign-ins of a device.
    package let generation: UInt64

    package init(_ participant: Participant, generation: UInt64) {
        self.participant = participant
        self.generation = generation
    }
}

extension DeviceRecord {
    /// The sign-in at which the token was issued. It is derived from the hash of the token, which no two sign-ins
    /// share.
    package var signIn: SignIn {
        let generation = tokenHash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return SignIn(participant, generation: generation)
    }
}

extension AccountReader {
    /// Whether this is the newest sign-in of the device and has not ended.
    package func isSignedIn(_ signIn: SignIn) throws -> Bool {
        try device(signIn.participant.deviceId)?.signIn == signIn
    }

    /// - Throws: ``Problem`` `unauthenticated` if the sign-in has ended.
    func check(_ signIn: SignIn) throws {
        guard try isSignedIn(signIn) else { throw SessionService.unauthenticated }
    }
}

extension StoreWriter {
    /// Saves a device, and signs out those of its user that were seen longest ago beyond `limit`.
    func save(_ device: DeviceRecord, limit: Int) throws {
        try save(device)
        let others = try devices(of: device.participant.userId, limit: .max).filter {
            $0.participant != device.participant
        }
        for other in others.dropFirst(limit - 1) { try delete(other.participant.deviceId) }
    }

    /// Signs out a device of a user, and voids the tokens of the platform that it has. A device that was signed out
    /// stays so: a request that is repeated at another node gets the same response.
    ///
    /// - Parameter end: ``SessionService/voidUntil``, as below.
    /// - Throws: ``Problem`` `not_found` if the identifier does not belong to the user.
    func signOut(_ device: DeviceID, of user: UserID, voidUntil end: Timestamp) throws {
        guard try owner(of: device) == user else { throw SessionService.noDevice }
        guard try self.device(device) != nil else { return }
        try delete(device)
        try voidTokens(of: user, device, until: end)
    }

    /// Signs out the devices of a user, and voids the user's tokens of the platform.
    ///
    /// - Parameter device: A device that stays signed in.
    /// - Returns: The number of devices that were signed out.
    func signOut(_ user: UserID, except device: DeviceID? = nil, voidUntil end: Timestamp) throws -> Int {
        try voidTokens(of: user, nil, until: end)
        let ended = try devices(of: user, limit: .max).map(\.participant.deviceId).filter { $0 != device }
        for device in ended { try delete(device) }
        return ended.count
    }
}
