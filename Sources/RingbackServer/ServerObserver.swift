import RingbackCore
import RingbackModel

/// Carries out what follows from commits, in their order.
struct ServerObserver: StoreObserver {
    let services: Services
    let inboxes: LoopInboxes
    let metrics: ServerMetrics
    let health: StorageHealth

    func committed(_ commit: Commit) {
        // Readers and senders are notified together, once the last job is complete.
        inboxes.hold()
        let now = services.time.monotonic
        health.committed(at: now)
        services.feed.publish(commit.events, now: now)
        services.clock.scheduled(commit.nextDeadline)
        services.addressCalls.changed(commit.calls)
        presenceChanged(commit.users)
        for signIn in commit.ended { end(signIn) }
        if commit.hasMessages { services.outbox.wake() }
        metrics.committed(commit)
    }

    func settled() { inboxes.release() }

    func changed(_ signal: StoreSignal) {
        switch signal {
        case .presence(let users):
            services.monitor.changed(users: services.presence.watched(among: users))
        case .revoked(let signIn): end(signIn, elsewhere: true)
        case .grew(let heads, let events):
            services.feed.grew(heads, events: events, now: services.time.monotonic)
        case .watching(let devices):
            services.monitor.changed(watching: Set(devices.filter { services.presence.isWatching($0) }))
        case .messages: services.outbox.wake()
        case .due: services.clock.scheduled(services.time.monotonic)
        }
    }

    func missedSignals() {
        services.sessions.forgetAll()
        services.feed.missedSignals()
        services.monitor.changed(
            users: services.presence.watchedUsers, watching: services.presence.watchingDevices)
    }

    var readers: [UserID] { services.feed.readers }

    func isRead(_ user: UserID) -> Bool { services.feed.isRead(user) }

    /// Ends the streams of devices that another process has signed out if its signal was missed. Runs until the task is
    /// cancelled.
    func endVoidStreams() async {
        while (try? await services.time.sleep(until: services.time.monotonic + .seconds(1))) != nil {
            guard services.sessions.takeWasForgotten() else { continue }
            var unchecked = Array(services.streams.signIns)
            while !unchecked.isEmpty {
                let some = Set(unchecked.suffix(1000))
                do {
                    let good = try await services.store.positions(of: some)
                    for signIn in some where good[signIn] == nil { end(signIn, elsewhere: true) }
                    unchecked.removeLast(some.count)
                } catch {
                    // The rest with the next second.
                    services.sessions.forgetAll()
                    break
                }
            }
        }
    }

    func failed(_ failure: StoreFailure) {
        metrics.failed(failure)
        health.failed(failure, at: services.time.monotonic)
    }

    func measured(_ measure: StoreMeasure) { metrics.measured(measure) }

    private func presenceChanged(_ users: [UserID]) {
        let watched = services.presence.watched(among: users)
        if !watched.isEmpty { services.monitor.changed(users: watched) }
    }

    private func end(_ signIn: SignIn, elsewhere: Bool = false) {
        services.sessions.forget(signIn)
        // The device may have signed in again and be connected already.
        guard !services.streams.end(signIn) else { return }
        services.presence.forget(signIn.participant)
        if elsewhere { services.devices.forget(signIn.participant) }
    }
}
