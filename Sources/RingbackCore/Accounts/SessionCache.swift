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
        var removals: UInt64 = 0
    }

    private let state = Mutex(State())

    func device(tokenHash: [UInt8]) -> DeviceRecord? { state.withLock { $0.devices[tokenHash] } }

    /// How many were removed so far. To be asked before the store is.
    var removals: UInt64 { state.withLock(\.removals) }

    /// Takes what the store said of a device, unless one was removed meanwhile: it may have been this one.
    func insert(_ device: DeviceRecord, unlessRemovedSince removals: UInt64) {
        state.withLock { state in
            guard state.removals == removals else { return }
            if state.devices.count >= Self.capacity { state = State(removals: removals) }
            if let old = state.hashes[device.participant.deviceId] { state.devices[old] = nil }
            state.devices[device.tokenHash] = device
            state.hashes[device.participant.deviceId] = device.tokenHash
        }
    }

    func remove(_ device: DeviceID) {
        state.withLock { state in
            state.removals += 1
            if let hash = state.hashes.removeValue(forKey: device) { state.devices[hash] = nil }
        }
    }
}
