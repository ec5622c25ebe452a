package import Logging
package import RingbackModel
import Synchronization

/// Tells the rest what the ``DevicePresence`` notices: who came or went, and whose signaling was lost in mid-call.
package final class ConnectionMonitor: Sendable {
    private struct State {
        /// Users whose being busy may have changed.
        var users: Set<UserID> = []
        var wake: CheckedContinuation<Void, Never>?
        var isWoken = false
    }

    private let devices: DevicePresence
    private let presence: PresenceService
    private let store: any Store
    private let calls: CallService
    private let time: any Timekeeper
    private let logger: Logger
    private let state = Mutex(State())

    package init(
        devices: DevicePresence, presence: PresenceService, store: any Store, calls: CallService,
        time: any Timekeeper, logger: Logger
    ) {
        self.devices = devices
        self.presence = presence
        self.store = store
        self.calls = calls
        self.time = time
        self.logger = logger
    }

    /// Something changed: these users may be busy or free, or the devices have changes.
    package func changed(users: Set<UserID> = []) {
        let wake = state.withLock { state in
            state.users.formUnion(users)
            state.isWoken = true
            defer { state.wake = nil }
            return state.wake
        }
        wake?.resume()
    }

    /// Runs until the task is cancelled.
    package func run() async {
        await withTaskGroup { group in
            group.addTask { await self.sweep() }
            group.addTask { await self.tell() }
        }
    }

    private func sweep() async {
        while !Task.isCancelled {
            devices.sweep(at: time.now)
            do { try await time.sleep(until: time.now + .seconds(1)) } catch { return }
        }
    }

    private func tell() async {
        while !Task.isCancelled {
            var changes = devices.takeChanges()
            state.withLock { state in
                changes.users.formUnion(state.users)
                state.users = []
            }
            let untold = await tell(changes)
            if !untold.isEmpty {
                devices.untold(untold)
                try? await time.sleep(until: time.now + .seconds(1))
                continue
            }
            await wait()
        }
    }

    /// - Returns: What could not be told.
    private func tell(_ changes: DevicePresence.Changes) async -> DevicePresence.Changes {
        var untold = DevicePresence.Changes()
        for (participant, isBack) in changes.signaling {
            do {
                try await calls.setReconnecting(!isBack, participant, in: store.callsUnderWay(of: participant))
            } catch {
                logger.error("lost signaling could not be told", metadata: ["error": "\(error)"])
                untold.signaling[participant] = isBack
            }
        }
        for user in changes.users {
            do {
                try await presence.refresh(user)
            } catch {
                logger.error("presence could not be told", metadata: ["error": "\(error)"])
                untold.users.insert(user)
            }
        }
        return untold
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWoken = state.withLock { state in
                    let isWoken = state.isWoken || Task.isCancelled
                    state.isWoken = false
                    if !isWoken { state.wake = continuation }
                    return isWoken
                }
                if isWoken { continuation.resume() }
            }
        } onCancel: {
            changed()
        }
    }
}
