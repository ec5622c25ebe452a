package import Logging
package import RingbackModel
import Synchronization

/// Reports changes of presence to watching users, and lost signaling to calls.
package final class ConnectionMonitor: Sendable {
    private struct State {
        /// Users whose presence may have changed.
        var users: Set<UserID> = []
        /// Devices whose watch lists have changed elsewhere.
        var watching: Set<Participant> = []
        var wake: CheckedContinuation<Void, Never>?
        var isWoken = false
    }

    private let presence: PresenceService
    private let store: any Store
    private let calls: CallService
    private let time: any Timekeeper
    private let logger: Logger
    private let state = Mutex(State())

    package init(
        presence: PresenceService, store: any Store, calls: CallService, time: any Timekeeper, logger: Logger
    ) {
        self.presence = presence
        self.store = store
        self.calls = calls
        self.time = time
        self.logger = logger
    }

    /// Records that the presence of `users` may have changed, or that devices may have been lost or be back.
    package func changed(users: Set<UserID> = [], watching: Set<Participant> = []) {
        let wake = state.withLock { state in
            state.users.formUnion(users)
            state.watching.formUnion(watching)
            state.isWoken = true
            defer { state.wake = nil }
            return state.wake
        }
        wake?.resume()
    }

    /// Runs until the task is cancelled.
    package func run() async {
        await withTaskGroup { group in
            group.addTask { await self.tick() }
            group.addTask { await self.tell() }
        }
    }

    /// Checks once a second for devices that are no longer present or connected.
    private func tick() async {
        while !Task.isCancelled {
            changed()
            do { try await time.sleep(until: time.monotonic + .seconds(1)) } catch { return }
        }
    }

    private func tell() async {
        while !Task.isCancelled {
            let isSignalingTold = await tellSignaling()
            let areListsLoaded = await loadWatchLists()
            let areUsersTold = await tellUsers()
            if isSignalingTold, areListsLoaded, areUsersTold {
                await wait()
            } else {
                try? await time.sleep(until: time.monotonic + .seconds(1))
            }
        }
    }

    /// - Returns: Whether all changes were reported.
    private func tellSignaling() async -> Bool {
        do {
            let changes = try await store.presence.takeSignaling()
            guard !changes.isEmpty else { return true }
            do {
                try await calls.note(signaling: changes)
            } catch {
                try await store.presence.putBack(changes)
                throw error
            }
            return true
        } catch {
            logger.error("failed to report lost signaling", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// - Returns: Whether all watch lists that have changed elsewhere were loaded.
    private func loadWatchLists() async -> Bool {
        let devices = state.withLock { state in
            defer { state.watching = [] }
            return state.watching
        }
        var rest: Set<Participant> = []
        for device in devices {
            do {
                try await presence.reloadWatching(device)
            } catch {
                logger.error("failed to load a watch list", metadata: ["error": "\(error)"])
                rest.insert(device)
            }
        }
        state.withLock { $0.watching.formUnion(rest) }
        return rest.isEmpty
    }

    /// - Returns: Whether all changes were reported.
    private func tellUsers() async -> Bool {
        let users = state.withLock { state in
            defer { state.users = [] }
            return state.users
        }
        var untold: Set<UserID> = []
        for user in users {
            do {
                try await presence.refresh(user)
            } catch {
                logger.error("failed to report presence", metadata: ["error": "\(error)"])
                untold.insert(user)
            }
        }
        state.withLock { $0.users.formUnion(untold) }
        return untold.isEmpty
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
