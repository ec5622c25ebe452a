package import RingbackModel

/// A place in the list of a user's devices, which begins with the newest sign-in.
package struct DevicePlace: Sendable, Hashable, Comparable, LosslessStringConvertible {
    private let createdAt: Timestamp
    private let device: DeviceID

    package init(_ createdAt: Timestamp, _ device: DeviceID) {
        self.createdAt = createdAt
        self.device = device
    }

    /// - Parameter description: As ``description`` gives it.
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
    /// Its place in the list of its user's devices.
    package var place: DevicePlace { DevicePlace(createdAt, deviceId) }
}
