import RingbackModel
import Synchronization

/// Devices by the hash of their token, so that requests need not read the database.
///
/// An entry is valid until it is removed: the store reports every device that is signed out, by any process.
final class SessionCache: Sendable {
    private static let capacity = 100_000
    private static let tokensPerUser = 128

    private struct State {
        var devices: [[UInt8]: DeviceRecord] = [:]
        /// Of the tokens of a user's devices, the newest last. A device with tokens of a platform has several.
        var hashes: [UserID: [[UInt8]]] = [:]
        var removals: UInt64 = 0
    }

    private let state = Mutex(State())

    func device(tokenHash: [UInt8]) -> DeviceRecord? { state.withLock { $0.devices[tokenHash] } }

    /// The number of removals so far. Read it before asking the store.
    var removals: UInt64 { state.withLock(\.removals) }

    /// Inserts a device that was read from the store, unless a device was removed since then: it may have been this
    /// one.
    ///
    /// - Parameter hash: Of the token that stands for the device.
    func insert(_ device: DeviceRecord, for hash: [UInt8], unlessRemovedSince removals: UInt64) {
        state.withLock { state in
            guard state.removals == removals else { return }
            if state.devices.count >= Self.capacity { state = State(removals: removals) }
            var hashes = state.hashes[device.participant.userId] ?? []
            if !hashes.contains(hash) { hashes.append(hash) }
            if hashes.count > Self.tokensPerUser { state.devices[hashes.removeFirst()] = nil }
            state.devices[hash] = device
            state.hashes[device.participant.userId] = hashes
        }
    }

    /// Forgets everything: devices may have been signed out by another process.
    func removeAll() { state.withLock { $0 = State(removals: $0.removals + 1) } }

    /// Removes a user's devices when one of them was signed out. With it, a token of the platform may have become void
    /// that others used, too, because it names no device. The store is asked about the others again.
    func remove(_ user: UserID) {
        state.withLock { state in
            state.removals += 1
            for hash in state.hashes.removeValue(forKey: user) ?? [] { state.devices[hash] = nil }
        }
    }
}
