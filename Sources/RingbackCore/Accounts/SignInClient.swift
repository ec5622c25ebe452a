package import RingbackModel

/// What is known of a client that tries a password of a user, before the password is verified.
package enum SignInClient: Sendable, Hashable {
    case unknown
    /// It names a device of the user. The identifier is no secret: the other side of a call knows it, too.
    case namesDevice
    /// It has proved, by the device's newest token, that it has signed in as the user before.
    case device(DeviceID)

    func knownUser(_ user: UserID) -> KnownUser? {
        switch self {
        case .unknown: nil
        case .namesDevice: KnownUser(userId: user, isProven: false)
        case .device: KnownUser(userId: user, isProven: true)
        }
    }
}
