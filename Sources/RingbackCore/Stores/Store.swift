package import RingbackModel

/// Where everything durable lives.
///
/// Changes of calls are *facts in, decision out*: a job says what its decision depends on (``StoreJob/scope``), the store loads that,
/// lets it decide, commits what was decided together with what else has come in, and only then tells the observer and the job. A
/// job that is refused, or throws, changes nothing and harms no other. All else is written in small transactions
/// (``write(_:)``).
package protocol Store: Sendable {
    /// Names this event log. Another one says that old cursors mean nothing.
    var epoch: String { get }

    /// Sets who hears of commits. To be called once, before the first write.
    func observe(_ observer: any StoreObserver)

    // MARK: Calls

    /// Takes a job. Jobs are decided in the order they came.
    func submit(_ job: any StoreJob)

    /// Calls whose deadline has come, the most overdue first. The caller decides each of them anew, which gives it another
    /// deadline or none; until then it may be named again.
    func takeDueCalls(limit: Int) async throws -> [CallID]

    /// When ``takeDueCalls(limit:)`` next has something, as far as this is known now.
    func nextDeadline() async throws -> Timestamp?

    /// Which devices are there.
    var presence: any PresenceStore { get }

    /// How many calls have not ended.
    var liveCallCount: Int { get }

    // MARK: All else

    /// Runs `work` on one consistent state, the newest committed. Calls that live may be newer than the rest, never older.
    ///
    /// - Parameter work: May be run more than once; must have no side effects.
    func read<T: Sendable>(_ work: @escaping @Sendable (any StoreReader) throws -> T) async throws -> T

    /// Runs `work` in a small transaction. Returns once it is durable and the observer has had its commit.
    ///
    /// - Parameter work: Checks everything before it changes anything. May be run more than once; must have no side effects.
    /// - Throws: What `work` throws, of which nothing is left; ``Problem`` `storage_unavailable` when the disk is full or
    ///   fails.
    func write<T: Sendable>(_ work: @escaping @Sendable (any StoreWriter) throws -> T) async throws -> T
}

/// A question about calls on its way through the store.
package protocol StoreJob: AnyObject, Sendable {
    var scope: CallScope { get }
    /// Decides. May be called more than once, with other facts; must have no side effects.
    ///
    /// - Returns: What is to be committed.
    /// - Throws: What ``fail(_:)`` is to get; nothing of it is committed then.
    func decide(on facts: any CallFacts) throws -> [CallChange]
    /// What it decided is durable, and the observer has heard of it. Must not wait.
    func complete()
    /// It threw, or ``Problem`` `storage_unavailable`: the disk is full or fails. Must not wait.
    func fail(_ error: any Error)
}

/// Hears of what is committed. Called in the order of the commits, on a thread of the store's; must not wait.
package protocol StoreObserver: Sendable {
    /// A commit of this process is durable.
    func committed(_ commit: Commit)
    /// All jobs of a commit have been completed: what they have left to be done can be done at once.
    func settled()
    /// Something has changed beside this process's commits. Called on any thread, in no particular order.
    func changed(_ signal: StoreSignal)
    /// Signals may have been missed: whatever is cached may be stale.
    func missedSignals()
}

extension StoreObserver {
    package func settled() {}
    package func changed(_ signal: StoreSignal) {}
    package func missedSignals() {}
}

/// What has changed beside this process's commits.
package enum StoreSignal: Sendable, Hashable {
    /// Users' logs, by other processes, up to these positions.
    case grew([UserID: Int64])
    /// Another process has made a device's token void.
    case revoked(Participant)
    /// Users who may have come or gone, or, by other processes, be busy or free. ``PresenceStore/takeSignaling()`` may have
    /// something.
    case presence([UserID])
    /// The event log is another one.
    case epoch
}

/// An observer of closures.
package struct CommitObserver: StoreObserver {
    private let onCommit: @Sendable (Commit) -> Void
    private let onSettled: @Sendable () -> Void

    package init(
        settled: @escaping @Sendable () -> Void = {}, committed: @escaping @Sendable (Commit) -> Void
    ) {
        onCommit = committed
        onSettled = settled
    }

    package func committed(_ commit: Commit) { onCommit(commit) }

    package func settled() { onSettled() }
}

package protocol StoreReader: AccountReader, CallReader, EventReader {}

package protocol StoreWriter: StoreReader, AccountWriter {
    /// Removes what is older than its time: events, expired devices, the SDP and candidates of ended calls.
    ///
    /// - Returns: Whether there is more to remove.
    func prune(_ horizon: PruneHorizon, limit: Int) throws -> Bool
}

/// What became durable at once.
package struct Commit: Sendable {
    package var events: [StoredEvent] = []
    /// The calls that changed, as they are now, each once.
    package var calls: [CallState] = []
    /// Users whose being busy may have changed; one may be here twice.
    package var users: [UserID] = []
    /// Devices that newly take part in a call; one may be here twice.
    package var joined: [Participant] = []
    /// Devices whose token, until then good, is void.
    package var ended: [Participant] = []

    package init() {}
}
