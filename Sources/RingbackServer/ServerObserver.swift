import RingbackCore
import RingbackModel

/// What follows from a commit, in the order of the commits.
struct ServerObserver: StoreObserver {
    let services: Services
    let inboxes: LoopInboxes
    let metrics: ServerMetrics
    let health: StorageHealth

    func committed(_ commit: Commit) {
        // Who is woken or answered by a commit is so in one go, when the last answer is there.
        inboxes.hold()
        let now = services.time.now
        health.committed(at: now)
        services.feed.publish(commit.events, now: now)
        for call in commit.calls { services.clock.scheduled(call.deadline(timing: services.calls.timing)) }
        presenceChanged(commit.users)
        for participant in commit.ended { end(participant) }
        metrics.committed(commit)
    }

    func settled() { inboxes.release() }

    func changed(_ signal: StoreSignal) {
        switch signal {
        case .presence(let users):
            services.monitor.changed(users: services.presence.watched(among: users))
        case .revoked(let participant): end(participant)
        // Only a store of several nodes tells of other processes' commits.
        case .grew, .epoch: break
        }
    }

    func failed(_ failure: StoreFailure) {
        metrics.failed(failure)
        health.failed(failure, at: services.time.now)
    }

    private func presenceChanged(_ users: [UserID]) {
        let watched = services.presence.watched(among: users)
        if !watched.isEmpty { services.monitor.changed(users: watched) }
    }

    /// A device's token is void.
    private func end(_ participant: Participant) {
        services.sessions.forget(participant)
        services.streams.end(participant)
        services.presence.forget(participant)
    }
}
