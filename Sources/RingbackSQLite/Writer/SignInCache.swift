import RingbackCore
import RingbackModel
import Synchronization

/// A cache of the last committed sign-ins of devices, so that writes need not read them. Only the thread of the writer
/// changes it.
final class SignInCache: Sendable {
    private static let capacity = 100_000

    private let signIns = Mutex<[DeviceID: SignIn]>([:])

    /// - Parameter load: Reads the sign-in from the database, in a transaction that does not change devices.
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

    /// Must be called when a transaction changes the device, whether or not it is committed.
    func forget(_ device: DeviceID) { signIns.withLock { $0[device] = nil } }

    /// Must be called when a transaction changes several devices.
    func forgetAll() { signIns.withLock { $0 = [:] } }
}
