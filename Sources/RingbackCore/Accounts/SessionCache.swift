import RingbackModel
import Synchronization

/// Devices by the hash of their token, so that a request needs no read of the database.
///
/// The one process that has the database open is also the one that changes it, so an entry is right until it is removed.
final class SessionCache: Sendable {
    private static let capacity = 100_000

    private struct State {
        var devices: [[UInt8]: DeviceRecord] = [:]
        var hashes: [DeviceID: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    func device(tokenHash: [UInt8]) -> DeviceRecord? { state.withLock { $0.devices[tokenHash] } }

    func insert(_ device: DeviceRecord) {
        state.withLock { state in
            if state.devices.count >= Self.capacity { state = State() }
            if let old = state.hashes[device.participant.deviceId] { state.devices[old] = nil }
            state.devices[device.tokenHash] = device
            state.hashes[device.participant.deviceId] = device.tokenHash
        }
    }

    func remove(_ device: DeviceID) {
        state.withLock { state in
            if let hash = state.hashes.removeValue(forKey: device) { state.devices[hash] = nil }
        }
    }
}
