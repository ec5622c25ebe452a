import RingbackModel

/// Which users have no other device than one, so that what it does need not be told to their others.
///
/// In the hands of the writer alone.
final class LoneDevices {
    private static let maximum = 65_536

    /// `nil` for a user who has none, or several.
    private var devices: [UserID: DeviceID?] = [:]

    /// Whether the user has this device and no other, as far as this transaction knows.
    ///
    /// - Parameter isKept: Whether the answer may be kept: not when the transaction has changed devices, for it may fail.
    func isAlone(_ device: DeviceID, of user: UserID, in session: SQLiteSession, isKept: Bool) throws -> Bool {
        if let known = devices[user] { return known == device }
        let lone = try session.onlyDevice(of: user)
        if isKept {
            if devices.count == Self.maximum { devices = [:] }
            devices.updateValue(lone, forKey: user)
        }
        return lone == device
    }

    func forget(_ user: UserID) { devices[user] = nil }

    func forgetAll() { devices = [:] }
}
