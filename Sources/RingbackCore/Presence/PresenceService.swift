package import RingbackModel
import Synchronization

/// Who is online or busy, and which devices watch whom.
package final class PresenceService: Sendable {
    fileprivate struct State {
        var watchers: [UserID: Set<Participant>] = [:]
        var watched: [DeviceID: [UserID]] = [:]
        /// The presence that each watching device has not received yet. Bounded by the length of its watch list.
        var pending: [DeviceID: [UserID: Presence]] = [:]
        var told: [UserID: Presence.Status] = [:]
    }

    private let store: any Store
    private let feed: EventFeed
    private let state = Mutex(State())

    package init(store: any Store, feed: EventFeed) {
        self.store = store
        self.feed = feed
    }

    /// The presence of a user as `viewer` sees it. For viewers whom the user has blocked, it is offline and has no
    /// time.
    ///
    /// - Throws: ``Problem`` `user_not_found`.
    package func presence(of user: UserID, for viewer: UserID) async throws -> Presence {
        let (account, isBlocked) = try await store.read { (try $0.account(user), try $0.isBlocked(viewer, by: user)) }
        guard let account else { throw Problem(.userNotFound, "The user \(user) does not exist.") }
        if isBlocked { return Presence(userId: user, status: .offline) }
        return try await presences(of: [(user, account.lastSeenAt)])[0]
    }

    /// The presence of the users that a device watches.
    package func watched(by device: Participant) async throws -> [Presence] {
        let users = try await store.read { try $0.watchedUsers(by: device.deviceId) }
        return try await presences(of: users, for: device.userId)
    }

    /// Replaces the watch list of a device.
    ///
    /// Users that don't exist are left out.
    ///
    /// - Parameter users: At most ``Limits/watchedUsers``.
    package func watch(_ users: [UserID], by signIn: SignIn) async throws -> [Presence] {
        let device = signIn.participant
        let users = try await store.write { store in
            try store.check(signIn)
            let users = try users.filter { try store.account($0) != nil }
            try store.setWatchedUsers(users, by: device.deviceId)
            return users
        }
        try await load(users, watchedBy: device)
        return try await presences(of: users, for: device.userId)
    }

    /// Whether the stored watch list of a device has been loaded.
    package func isWatching(_ device: Participant) -> Bool { state.withLock { $0.watched[device.deviceId] != nil } }

    /// Loads the stored watch list of a device that opens a stream.
    package func resumeWatching(_ device: Participant) async throws {
        guard !isWatching(device) else { return }
        try await load(store.read { try $0.watchedUsers(by: device.deviceId) }, watchedBy: device)
    }

    /// Removes a device that was signed out.
    package func forget(_ device: Participant) {
        state.withLock { state in
            state.setWatched([], by: device)
            state.watched[device.deviceId] = nil
        }
    }

    /// Takes the presence that a device has not received yet.
    package func takePending(for device: DeviceID) -> [Presence] {
        state.withLock { state in
            guard let pending = state.pending.removeValue(forKey: device) else { return [] }
            return pending.values.sorted { $0.userId.rawValue < $1.userId.rawValue }
        }
    }

    /// The users among `users` that somebody watches.
    package func watched(among users: [UserID]) -> Set<UserID> {
        state.withLock { state in Set(users.filter { state.watchers[$0] != nil }) }
    }

    /// Notifies watching devices if the presence of a user has changed.
    package func refresh(_ user: UserID) async throws {
        guard let watchers = state.withLock({ $0.watchers[user] }) else { return }
        let (account, blocked) = try await store.read { store in
            (try store.account(user), try watchers.filter { try store.isBlocked($0.userId, by: user) })
        }
        let presence = try await presences(of: [(user, account?.lastSeenAt)])[0]
        let told = state.withLock { state in
            guard state.told.updateValue(presence.status, forKey: user) != presence.status else { return false }
            for watcher in watchers.subtracting(blocked) where state.watched[watcher.deviceId]?.contains(user) == true {
                state.pending[watcher.deviceId, default: [:]][user] = presence
            }
            return true
        }
        guard told else { return }
        for watcher in watchers.subtracting(blocked) { feed.wake(watcher) }
    }

    private func presences(of users: [UserID], for viewer: UserID) async throws -> [Presence] {
        let seen = try await store.read { store in
            try users.map { user -> (isHidden: Bool, lastSeenAt: Timestamp?) in
                (try store.isBlocked(viewer, by: user), try store.account(user)?.lastSeenAt)
            }
        }
        let presences = try await presences(of: zip(users, seen).map { ($0, $1.lastSeenAt) })
        return zip(presences, seen).map { presence, seen in
            seen.isHidden ? Presence(userId: presence.userId, status: .offline) : presence
        }
    }

    /// - Parameter users: Users, and when each was last seen according to the account.
    private func presences(of users: [(UserID, lastSeenAt: Timestamp?)]) async throws -> [Presence] {
        zip(users, try await store.presence.presence(of: users.map(\.0))).map { user, known in
            Presence(userId: user.0, status: known.status, lastSeenAt: known.lastSeenAt ?? user.lastSeenAt)
        }
    }

    private func load(_ users: [UserID], watchedBy device: Participant) async throws {
        state.withLock { $0.setWatched(users, by: device) }
        // Read after watching has begun, so that a change in between is not missed.
        let presences = try await store.presence.presence(of: users)
        state.withLock { state in
            for (user, presence) in zip(users, presences) where state.watchers[user] != nil && state.told[user] == nil {
                state.told[user] = presence.status
            }
        }
    }
}

extension PresenceService.State {
    fileprivate mutating func setWatched(_ users: [UserID], by device: Participant) {
        for user in watched[device.deviceId] ?? [] {
            watchers[user]?.remove(device)
            if watchers[user]?.isEmpty == true {
                watchers[user] = nil
                told[user] = nil
            }
        }
        pending[device.deviceId] = nil
        watched[device.deviceId] = users
        for user in users { watchers[user, default: []].insert(device) }
    }
}
