package import RingbackModel

/// A position in the list of a user's devices, which is ordered by sign-in, the newest first.
package struct DevicePlace: Sendable, Hashable, Comparable, LosslessStringConvertible {
    private let createdAt: Timestamp
    private let device: DeviceID

    package init(_ createdAt: Timestamp, _ device: DeviceID) {
        self.createdAt = createdAt
        self.device = device
    }

    /// - Parameter description: A value of ``description``.
    package init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let device = DeviceID(String(parts[1])) else {
            return nil
        }
        self.init(Timestamp(milliseconds: milliseconds), device)
    }

    package var description: String { "\(createdAt.milliseconds).\(device)" }

    package static func < (one: DevicePlace, other: DevicePlace) -> Bool {
        one.createdAt == other.createdAt
            ? one.device.rawValue < other.device.rawValue : one.createdAt > other.createdAt
    }
}

extension DeviceRecord {
    var place: DevicePlace { DevicePlace(createdAt, participant.deviceId) }
}

extension Device {
    /// The position in the list of the user's devices.
    package var place: DevicePlace { DevicePlace(createdAt, deviceId) }
}
