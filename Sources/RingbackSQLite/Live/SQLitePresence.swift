import RingbackCore
import RingbackModel

/// The presence of devices on the single node that has the database open.
struct SQLitePresence: PresenceStore {
    /// Devices whose times are stored in one transaction.
    private static let devicesAtOnce = 100

    let memory: StoreMemory
    let writer: GroupWriter

    func opened(_ device: Participant) { memory.devices.change { $0.opened(device, at: $1) } }

    func closed(_ device: Participant, isPoll: Bool) {
        memory.devices.change { $0.closed(device, isPoll: isPoll, at: $1) }
    }

    func signaled(_ device: Participant) { memory.devices.change { $0.signaled(device, at: $1) } }

    func presence(of users: [UserID]) async throws -> [UserPresence] {
        memory.devices.read { devices in
            users.map { user in
                UserPresence(
                    isPresent: devices.isPresent(user), isBusy: memory.live.isBusy(user),
                    lastSeenAt: devices.lastSeen(user))
            }
        }
    }

    func presentDevices(of user: UserID) async throws -> Set<DeviceID> {
        memory.devices.read { $0.presentDevices(of: user) }
    }

    func liveCalls(of devices: [Participant]) async throws -> [Participant: [CallID]] {
        memory.live.calls(of: devices)
    }

    func takeSignaling() async throws -> [Participant: Bool] {
        memory.devices.change { devices, now in
            devices.sweepIfDue(at: now)
            return devices.takeSignaling()
        }
    }

    func putBack(_ signaling: [Participant: Bool]) async throws {
        memory.devices.change { devices, _ in devices.putBack(signaling) }
    }

    func maintain() async throws -> [Participant] {
        // In parts, because other writes wait for each: after a restart, all devices were seen.
        var unsaved = Array(memory.devices.change { $0.takeUnsaved(at: $1) })[...]
        while !unsaved.isEmpty {
            let part = Dictionary(uniqueKeysWithValues: unsaved.prefix(Self.devicesAtOnce).map { ($0.key, $0.value) })
            unsaved = unsaved.dropFirst(Self.devicesAtOnce)
            try await withCheckedThrowingContinuation { continuation in
                writer.submit(AccountWrite(.essential, { try $0.setLastSeen(part) }, continuation))
            }
        }
        return memory.devices.change { devices, _ in devices.dropGone() }
    }
}
