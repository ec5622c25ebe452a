package import RingbackModel

/// The store of everything durable.
///
/// Calls are changed by jobs. A job states the facts it depends on (``StoreJob/scope``); the store loads them, lets the
/// job decide, commits the decision together with those of other jobs, and then notifies the observer and the job. A
/// job that refuses or throws changes nothing and does not affect others. Everything else is written in small
/// transactions (``write(_:)``).
package protocol Store: Sendable {
    /// Identifies the event log. When it changes, older cursors are invalid.
    var epoch: String { get }

    /// Sets the observer of commits. Must be called once, before the first write.
    func observe(_ observer: any StoreObserver)

    // MARK: Calls

    /// Enqueues a job. Jobs decide in the order in which they were submitted.
    func submit(_ job: any StoreJob)

    /// Calls whose deadline has passed, the most overdue first. The caller must decide each of them, which sets another
    /// deadline or none; until then a call may be returned again.
    func takeDueCalls(limit: Int) async throws -> [CallID]

    /// When ``takeDueCalls(limit:)`` will next return a call, as far as is known now.
    func nextDeadline() async throws -> MonotonicTime?

    /// The presence of devices.
    var presence: any PresenceStore { get }

    /// The number of live calls.
    var liveCallCount: Int { get }

    /// The messages to services outside.
    var outbox: any OutboxStore { get }

    // MARK: Everything else

    /// The unused tickets.
    var tickets: any TicketStore { get }

    /// Performs `work` on the last committed state, which is consistent. Live calls may be newer than the rest, never
    /// older.
    ///
    /// - Parameters:
    ///   - priority: Which other reads come first.
    ///   - work: May run more than once; must have no side effects.
    func read<T: Sendable>(
        _ priority: ReadPriority, _ work: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T

    /// Performs `work` in a transaction of its own. Returns once the transaction is durable and the observer has been
    /// notified.
    ///
    /// - Parameters:
    ///   - priority: Whether the space that is reserved may be used.
    ///   - work: May run more than once; must have no side effects.
    /// - Throws: Errors of `work`, after which nothing is changed; ``Problem`` `storage_unavailable` if the disk is
    ///   full or failing, or if the database has reached its maximum size.
    func write<T: Sendable>(
        _ priority: WritePriority, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T

    /// The same for a change of what belongs to one user. The writes of a user are performed one after the other, on
    /// any process, so that what `work` has read stays as it is until it is committed.
    func write<T: Sendable>(
        _ priority: WritePriority, of user: UserID, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T

    // MARK: Other processes

    /// Whether the database has answered lately.
    var isReachable: Bool { get }

    /// What is to be shown of the store in the metrics, by name.
    var gauges: [(String, Int)] { get }

    /// Whether other processes write to the store as well, so that what is known in memory may have changed.
    var isShared: Bool { get }

    /// The position of the newest event of each sign-in's user, by the last committed state. A sign-in that has ended
    /// is not in the result.
    func positions(of signIns: Set<SignIn>) async throws -> [SignIn: Int64]

    /// Commits a change without effect, to find out whether writing works again.
    ///
    /// - Throws: ``Problem`` `storage_unavailable` if it does not.
    func probe() async throws

    /// Commits everything that was submitted, rejects later submissions, and closes the database. Must be called at
    /// most once.
    func close() async
}

extension Store {
    /// Reads on behalf of somebody who waits (``read(_:_:)``).
    package func read<T: Sendable>(_ work: @escaping @Sendable (any StoreReader) throws -> T) async throws -> T {
        try await read(.ordinary, work)
    }

    /// Performs ordinary work in a transaction of its own (``write(_:_:)``).
    package func write<T: Sendable>(_ work: @escaping @Sendable (any StoreWriter) throws -> T) async throws -> T {
        try await write(.ordinary, work)
    }

    /// Performs ordinary work on what belongs to one user (``write(_:of:_:)``).
    package func write<T: Sendable>(
        of user: UserID, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T { try await write(.ordinary, of: user, work) }
}

/// Which reads come first, where that makes a difference.
package enum ReadPriority: Sendable {
    case ordinary
    /// Of what a client has missed. After a restart all clients ask for that, while others call each other.
    case missed
}

/// What a write may use of a database that has nearly reached its maximum size.
package enum WritePriority: Sendable {
    case ordinary
    /// Ends or removes something. May use the space that is reserved for such writes.
    case essential
}

/// For a store whose writes are performed one after the other, in one process.
extension Store {
    package func write<T: Sendable>(
        _ priority: WritePriority, of user: UserID, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T { try await write(priority, work) }

    package var isShared: Bool { false }

    package var isReachable: Bool { true }

    package var gauges: [(String, Int)] { [] }

    package func positions(of signIns: Set<SignIn>) async throws -> [SignIn: Int64] {
        try await read { store in
            var positions: [SignIn: Int64] = [:]
            for signIn in signIns where try store.isSignedIn(signIn) {
                positions[signIn] = try store.newestPosition(of: signIn.participant.userId)
            }
            return positions
        }
    }
}

/// A decision about calls, to be made and committed by the store.
package protocol StoreJob: AnyObject, Sendable {
    var scope: CallScope { get }
    var priority: WritePriority { get }
    /// Makes the decision. May be called more than once, with different facts; must have no side effects.
    ///
    /// - Returns: The changes to commit.
    /// - Throws: The error for ``fail(_:)``; nothing is committed.
    func decide(on facts: any CallFacts) throws -> [CallChange]
    /// The decision is durable, and the observer has been notified. Must not wait.
    func complete()
    /// The decision threw, or nothing can be written (``Problem`` `storage_unavailable`): the disk is full or failing,
    /// or the database has reached its maximum size. Must not wait.
    func fail(_ error: any Error)
}

/// Is notified of commits, in their order, on a thread of the store. Must not wait.
package protocol StoreObserver: Sendable {
    /// A commit of this process is durable.
    func committed(_ commit: Commit)
    /// All jobs of a commit have been completed, so what they left to do can be done together.
    func settled()
    /// Something other than a commit of this process has changed. Called on any thread, in no particular order.
    func changed(_ signal: StoreSignal)
    /// Signals may have been lost. Everything cached may be stale.
    func missedSignals()
    /// A commit or a read failed because the disk is full or failing. A later commit means that writing works again.
    func failed(_ failure: StoreFailure)
    /// What a store of several nodes measures of itself.
    func measured(_ measure: StoreMeasure)
    /// The users whose logs somebody reads along here: a store of several nodes looks now and then how far they are.
    var readers: [UserID] { get }
    /// Whether a user is one of the ``readers``. The events that other processes tell of are needed only then.
    func isRead(_ user: UserID) -> Bool
}

extension StoreObserver {
    package func settled() {}
    package func changed(_ signal: StoreSignal) {}
    package func missedSignals() {}
    package func failed(_ failure: StoreFailure) {}
    package func measured(_ measure: StoreMeasure) {}
    package var readers: [UserID] { [] }
    package func isRead(_ user: UserID) -> Bool { true }
}

/// A failure of the storage.
package struct StoreFailure: Sendable {
    package enum Operation: String, Sendable { case read, write }

    package var operation: Operation
    /// For the log; must not be shown to clients.
    package var reason: String

    package init(_ operation: Operation, _ reason: String) {
        self.operation = operation
        self.reason = reason
    }
}

/// A measurement of a store of several nodes.
package enum StoreMeasure: Sendable {
    /// So many jobs were committed together.
    case committed(jobs: Int)
    /// From the beginning of a transaction until it had its locks and facts.
    case locked(after: Duration)
    /// A transaction is tried again after a deadlock, or after a conflict with another.
    case triedAgain
    /// From a commit at another node until this one heard of it.
    case heard(after: Duration)
}

/// A change that is not a commit of this process.
package enum StoreSignal: Sendable {
    /// Other processes have written to the logs of users, up to these positions. Some of the events may be included,
    /// in the order of each log.
    case grew([UserID: Int64], events: [StoredEvent])
    /// Another process has ended a sign-in.
    case revoked(SignIn)
    /// The presence of users may have changed, or ``PresenceStore/takeSignaling()`` may return something. Whether users
    /// are busy is reported only for other processes' changes.
    case presence([UserID])
    /// Other processes have replaced the lists of users that these devices watch.
    case watching([Participant])
    /// The deadline of a call has passed, and no process has taken it up.
    case due
    /// A small transaction of this process has added messages to the outbox.
    case messages
}

/// An observer made of closures.
package struct CommitObserver: StoreObserver {
    private let onCommit: @Sendable (Commit) -> Void
    private let onSettled: @Sendable () -> Void
    private let onFailure: @Sendable (StoreFailure) -> Void

    package init(
        settled: @escaping @Sendable () -> Void = {}, failed: @escaping @Sendable (StoreFailure) -> Void = { _ in },
        committed: @escaping @Sendable (Commit) -> Void
    ) {
        onCommit = committed
        onSettled = settled
        onFailure = failed
    }

    package func committed(_ commit: Commit) { onCommit(commit) }

    package func settled() { onSettled() }

    package func failed(_ failure: StoreFailure) { onFailure(failure) }
}

package protocol StoreReader: AccountReader, CallReader, EventReader, PlatformReader, PushReader {}

package protocol StoreWriter: StoreReader, AccountWriter, PlatformWriter, OutboxWriter, PushWriter {
    /// Removes expired data: events, expired devices, the SDP and candidates of ended calls, and the audit log.
    ///
    /// - Returns: Whether there is more to remove.
    func prune(_ horizon: PruneHorizon, limit: Int) throws -> Bool
}

/// The changes that became durable together.
package struct Commit: Sendable {
    package var events: [StoredEvent] = []
    /// The calls that changed, in their new state, each once.
    package var calls: [CallState] = []
    /// The earliest deadline of the calls; `nil` if there is none.
    package var nextDeadline: MonotonicTime?
    /// Users who may have become busy or free, or whose blocks changed, possibly with duplicates.
    package var users: [UserID] = []
    /// Devices that have begun to participate in a call, possibly with duplicates.
    package var joined: [Participant] = []
    /// Sign-ins that the commit has ended.
    package var ended: [SignIn] = []
    /// Whether the commit has added messages to the outbox.
    package var hasMessages = false

    package init() {}
}
