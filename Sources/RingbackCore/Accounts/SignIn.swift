package import RingbackModel

/// A sign-in of a device. When the device signs in again, whatever the earlier sign-in began is void: its token, its tickets, its
/// connections, and its writes that wait.
package struct SignIn: Sendable, Hashable {
    package let participant: Participant
    /// Tells the sign-ins of a device apart.
    package let generation: UInt64

    package init(_ participant: Participant, generation: UInt64) {
        self.participant = participant
        self.generation = generation
    }
}

extension DeviceRecord {
    /// The sign-in that gave the device its token. No two have the same token, so this says which one it was.
    package var signIn: SignIn {
        let generation = tokenHash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return SignIn(participant, generation: generation)
    }
}

extension AccountReader {
    /// Whether this is the newest sign-in of its device, and has not been ended.
    package func isSignedIn(_ signIn: SignIn) throws -> Bool {
        try device(signIn.participant.deviceId)?.signIn == signIn
    }

    /// - Throws: ``Problem`` `unauthenticated` when the sign-in has been ended.
    func check(_ signIn: SignIn) throws {
        guard try isSignedIn(signIn) else { throw SessionService.unauthenticated }
    }
}

extension StoreWriter {
    /// Signs devices of a user out.
    ///
    /// - Parameter device: One that stays.
    /// - Returns: How many were signed out.
    func deleteDevices(of user: UserID, except device: DeviceID? = nil) throws -> Int {
        let ended = try devices(of: user, limit: .max).map(\.participant.deviceId).filter { $0 != device }
        for device in ended { try delete(device) }
        return ended.count
    }
}
