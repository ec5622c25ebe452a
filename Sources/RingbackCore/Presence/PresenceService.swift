package import RingbackModel
import Synchronization

/// Who is online or busy, and which devices watch whom.
package final class PresenceService: Sendable {
    fileprivate struct State {
        var watchers: [UserID: Set<Participant>] = [:]
        /// The users that each device watches, with the last reported presence.
        var watched: [DeviceID: [UserID: ReportedPresence]] = [:]
        /// The presence that each watching device has not received yet. Bounded by the length of its watch list.
        var pending: [DeviceID: [UserID: Presence]] = [:]
    }

    fileprivate struct ReportedPresence {
        /// `nil` if unknown.
        var status: Presence.Status?
    }

    private let store: any Store
    private let feed: EventFeed
    private let time: any Timekeeper
    private let state = Mutex(State())

    package init(store: any Store, feed: EventFeed, time: any Timekeeper) {
        self.store = store
        self.feed = feed
        self.time = time
    }

    /// The presence of a user as `viewer` sees it. For viewers whom the user has blocked, the user went offline at the
    /// time of the block.
    ///
    /// - Throws: ``Problem`` `user_not_found`.
    package func presence(of user: UserID, for viewer: UserID) async throws -> Presence {
        let account = try await store.read { try $0.account(user) }
        guard account != nil else { throw Problem(.userNotFound, "The user \(user) does not exist.") }
        return try await views(of: [user], by: viewer)[0]
    }

    /// The presence of the users that a device watches.
    package func watched(by device: Participant) async throws -> [Presence] {
        let users = try await store.read { try $0.watchedUsers(by: device.deviceId) }
        return try await views(of: users, by: device.userId)
    }

    /// Replaces the watch list of a device.
    ///
    /// Users that don't exist are left out.
    ///
    /// - Parameter users: At most ``Limits/watchedUsers``.
    package func watch(_ users: [UserID], by signIn: SignIn) async throws -> [Presence] {
        let device = signIn.participant
        let users = try await store.write(of: device.userId) { store in
            try store.check(signIn)
            let users = try users.filter { try store.account($0) != nil }
            try store.setWatchedUsers(users, by: device.deviceId)
            return users
        }
        return try await load(users, watchedBy: device)
    }

    /// Whether the stored watch list of a device has been loaded.
    package func isWatching(_ device: Participant) -> Bool { state.withLock { $0.watched[device.deviceId] != nil } }

    /// Loads the stored watch list of a device that opens a stream.
    package func resumeWatching(_ device: Participant) async throws {
        guard !isWatching(device) else { return }
        _ = try await load(store.read { try $0.watchedUsers(by: device.deviceId) }, watchedBy: device)
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

    /// Takes up a device's stored watch list again, if it was taken up here before.
    package func reloadWatching(_ device: Participant) async throws {
        guard isWatching(device) else { return }
        _ = try await load(store.read { try $0.watchedUsers(by: device.deviceId) }, watchedBy: device)
    }

    /// Devices whose watch lists were taken up.
    package var watchingDevices: Set<Participant> {
        state.withLock { state in Set(state.watchers.values.joined()) }
    }

    /// All whom somebody watches.
    package var watchedUsers: Set<UserID> { state.withLock { Set($0.watchers.keys) } }

    /// The users among `users` that somebody watches.
    package func watched(among users: [UserID]) -> Set<UserID> {
        state.withLock { state in Set(users.filter { state.watchers[$0] != nil }) }
    }

    /// Notifies the watching devices to which a user looks different now.
    package func refresh(_ user: UserID) async throws {
        guard let watchers = state.withLock({ $0.watchers[user] }) else { return }
        let viewers = Set(watchers.map(\.userId))
        let visible = try await store.read { store in
            try viewers.map { ($0, try VisiblePresence(of: user, by: $0, in: store)) }
        }
        let known = try await store.presence.presence(of: [user])[0]
        let now = time.now
        let views = Dictionary(uniqueKeysWithValues: visible.map { ($0, $1.view(of: known, at: now)) })
        let told = state.withLock { state in
            watchers.filter { watcher in
                guard let view = views[watcher.userId], let told = state.watched[watcher.deviceId]?[user],
                    told.status != view.status
                else { return false }
                state.watched[watcher.deviceId]?[user] = ReportedPresence(status: view.status)
                state.pending[watcher.deviceId, default: [:]][user] = view
                return true
            }
        }
        for watcher in told { feed.wake(watcher) }
    }

    private func views(of users: [UserID], by viewer: UserID) async throws -> [Presence] {
        if users.isEmpty { return [] }
        let visible = try await store.read { store in
            try users.map { try VisiblePresence(of: $0, by: viewer, in: store) }
        }
        return zip(visible, try await store.presence.presence(of: users))
            .map { $0.view(of: $1, at: time.now) }
    }

    private func load(_ users: [UserID], watchedBy device: Participant) async throws -> [Presence] {
        state.withLock { $0.setWatched(users, by: device) }
        // Read after watching has begun, so that a change in between is not missed.
        let views = try await views(of: users, by: device.userId)
        state.withLock { state in
            for view in views {
                guard let told = state.watched[device.deviceId]?[view.userId], told.status == nil else { continue }
                state.watched[device.deviceId]?[view.userId] = ReportedPresence(status: view.status)
            }
        }
        return views
    }
}

/// The presence of a user as another user sees it.
private struct VisiblePresence {
    let user: UserID
    /// The part that the account determines.
    let lastSeenAt: Timestamp?
    /// What a viewer whom the user has blocked sees.
    let concealment: Concealment?

    init(of user: UserID, by viewer: UserID, in store: any StoreReader) throws {
        self.user = user
        lastSeenAt = try store.account(user)?.lastSeenAt
        concealment = try store.concealment(of: user, from: viewer)
    }

    /// A user who is present is seen now, so that the end of a block can't be told from a user who has come.
    func view(of known: UserPresence, at now: Timestamp) -> Presence {
        if let concealment { return Presence(userId: user, status: .offline, lastSeenAt: concealment.lastSeenAt) }
        return Presence(
            userId: user, status: known.status, lastSeenAt: known.isPresent ? now : known.lastSeenAt ?? lastSeenAt)
    }
}

extension PresenceService.State {
    fileprivate mutating func setWatched(_ users: [UserID], by device: Participant) {
        for user in watched[device.deviceId, default: [:]].keys {
            watchers[user]?.remove(device)
            if watchers[user]?.isEmpty == true { watchers[user] = nil }
        }
        pending[device.deviceId] = nil
        watched[device.deviceId] = Dictionary(users.map { ($0, PresenceService.ReportedPresence()) }) { first, _ in
            first
        }
        for user in users { watchers[user, default: []].insert(device) }
    }
}
