import RingbackCore
import RingbackModel
import Synchronization

/// The newest sign-ins of devices as they were last committed, so that a write need not read them. Filled and emptied by the
/// writer's thread alone.
final class SignInCache: Sendable {
    private static let capacity = 100_000

    private let signIns = Mutex<[DeviceID: SignIn]>([:])

    /// - Parameter load: Asks the database; only within a transaction that changes no device.
    func isSignedIn(_ signIn: SignIn, load: (DeviceID) throws -> DeviceRecord?) throws -> Bool {
        let device = signIn.participant.deviceId
        if let known = signIns.withLock({ $0[device] }) { return known == signIn }
        guard let newest = try load(device)?.signIn else { return false }
        signIns.withLock { signIns in
            if signIns.count >= Self.capacity { signIns = [:] }
            signIns[device] = newest
        }
        return newest == signIn
    }

    /// To be called when a transaction changes the device, whether or not it is committed.
    func forget(_ device: DeviceID) { signIns.withLock { $0[device] = nil } }

    /// Likewise, when it changes several.
    func forgetAll() { signIns.withLock { $0 = [:] } }
}
