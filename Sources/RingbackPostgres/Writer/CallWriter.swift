import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// The one writer of calls of this node: all jobs that are waiting are committed together, in two round trips.
final class CallWriter: Sendable {
    private static let maximumGroup = 512
    private static let maximumTries = 10
    /// How long a job waits for a lock when it is committed alone, after its group has waited too long.
    private static let lockTimeoutAlone: Duration = .milliseconds(100)

    private struct State {
        var jobs: [any StoreJob] = []
        var isScheduled = false
        var isClosed = false
        var observer: any StoreObserver = CommitObserver { _ in }
    }

    private let thread: ConnectionThread
    private let live: CallCache
    private let time: any Timekeeper
    private let lockSeed: Int64
    private let lease: Lease
    private let devices: LiveDevices
    private let signals: SignalSender
    private let node: Node
    private let size: SizePruning?
    private let logger: Logger
    private let state = Mutex(State())

    init(
        thread: ConnectionThread, live: CallCache, devices: LiveDevices, signals: SignalSender, node: Node,
        time: any Timekeeper, lockSeed: Int64, lease: Lease, size: SizePruning?, logger: Logger
    ) {
        self.lease = lease
        self.thread = thread
        self.live = live
        self.devices = devices
        self.signals = signals
        self.node = node
        self.time = time
        self.lockSeed = lockSeed
        self.size = size
        self.logger = logger
    }

    func observe(_ observer: any StoreObserver) { state.withLock { $0.observer = observer } }

    var observer: any StoreObserver { state.withLock(\.observer) }

    /// Tells the observer, in its turn, of a commit that another connection has made.
    ///
    /// - Parameters:
    ///   - ended: Sign-ins that are over.
    ///   - users: Users whose blocks have changed.
    func announce(
        ended: [SignIn] = [], users: [UserID] = [], then completion: @escaping @Sendable () -> Void
    ) {
        thread.run { [self] _ in
            var commit = Commit()
            commit.ended = ended
            commit.users = users
            tell(commit)
            completion()
            observer.settled()
        }
    }

    private func tell(_ commit: Commit) {
        devices.commit(commit)
        observer.committed(commit)
        signals.committed(commit)
    }

    func submit(_ job: any StoreJob) {
        let isFirst = state.withLock { state -> Bool? in
            guard !state.isClosed else { return nil }
            state.jobs.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard let isFirst else { return job.fail(Problem.databaseUnavailable) }
        if isFirst { thread.run { self.drain($0) } }
    }

    /// Takes no more jobs. Calls `completion` when those that were taken have been committed.
    func finish(then completion: @escaping @Sendable () -> Void) {
        state.withLock { $0.isClosed = true }
        thread.run { _ in completion() }
    }

    private func drain(_ connection: PostgresConnection) {
        while var jobs = takeJobs() { commit(&jobs, connection) }
    }

    private func takeJobs() -> [any StoreJob]? {
        state.withLock { state in
            guard !state.jobs.isEmpty else {
                state.isScheduled = false
                return nil
            }
            let group = Array(state.jobs.prefix(Self.maximumGroup))
            state.jobs.removeFirst(group.count)
            return group
        }
    }

    /// - Parameter lockTimeout: How long to wait for a lock; `nil` for as long as any statement.
    /// - Returns: Why nothing could be committed.
    @discardableResult
    private func commit(
        _ jobs: inout [any StoreJob], _ connection: PostgresConnection, lockTimeout: Duration? = nil
    ) -> (any Error)? {
        let observer = observer
        // Released here, before the waiting tasks run: whoever releases a job last has to free it.
        defer {
            jobs = []
            observer.settled()
        }
        do {
            let (commit, errors) = try transact(jobs, connection, lockTimeout: lockTimeout)
            tell(commit)
            complete(jobs, errors)
            return nil
        } catch {
            let (isUnavailable, isLocked) = (
                (error as? PostgresError)?.isUnavailable ?? false, (error as? PostgresError)?.isLockTimeout ?? false
            )
            if !isUnavailable || isLocked, jobs.count > 1 {
                commitEach(jobs, connection)
                return error
            }
            if isUnavailable, !isLocked {
                observer.failed(StoreFailure(.write, "\(error)"))
            } else {
                logger.error("a call could not be committed", metadata: ["error": "\(error)"])
            }
            for job in jobs { job.fail(error.forClients) }
            // Some of it may have been committed all the same.
            if isUnavailable, !isLocked { observer.missedSignals() }
            return error
        }
    }

    /// Commits each of some jobs alone, so that one that can't be written, or whose users or calls somebody else has
    /// locked, harms no other.
    private func commitEach(_ jobs: [any StoreJob], _ connection: PostgresConnection) {
        var locked = CallScope()
        for job in jobs {
            let scope = job.scope
            // One that waited in vain is enough.
            if scope.users.contains(where: locked.users.contains) || scope.calls.contains(where: locked.calls.contains)
            {
                job.fail(Problem.databaseUnavailable)
                continue
            }
            var one = [job]
            let error = commit(&one, connection, lockTimeout: Self.lockTimeoutAlone)
            guard (error as? PostgresError)?.isLockTimeout == true else { continue }
            locked.users += scope.users
            locked.calls += scope.calls
        }
    }

    private func complete(_ jobs: [any StoreJob], _ errors: [(Int, any Error)]) {
        var errors = errors[...]
        for (index, job) in jobs.enumerated() {
            if let (place, error) = errors.first, place == index {
                errors.removeFirst()
                job.fail(error.forClients)
            } else {
                job.complete()
            }
        }
    }

    /// - Returns: What has become durable, and of each job that threw its place and what it threw.
    /// - Throws: ``PostgresError``. When it says that the connection was lost, the commit may have been made.
    private func transact(
        _ jobs: [any StoreJob], _ connection: PostgresConnection, lockTimeout: Duration?
    ) throws -> (Commit, [(Int, any Error)]) {
        var tries = 0
        while true {
            tries += 1
            guard lease.isHeld else { throw PostgresError.lost("this node was taken for dead by the others") }
            var isCommitting = false
            do {
                let group = CallGroup(
                    connection, live: live, presence: .init(here: devices, node: node), time: time, lockSeed: lockSeed)
                let began = ContinuousClock.now
                try group.begin(jobs, lockTimeout: lockTimeout)
                observer.measured(.locked(after: .now - began))
                var errors: [(Int, any Error)] = []
                for (index, job) in jobs.enumerated() {
                    let isRefused = job.priority == .ordinary && size?.isFull(adding: group.bytes) == true
                    if let error = isRefused ? Problem.databaseFull : try group.take(job) {
                        errors.append((index, error))
                    }
                }
                isCommitting = true
                var commit = try group.commit()
                Failpoint.committed.pass()
                observer.measured(.committed(jobs: jobs.count))
                size?.note(written: group.bytes)
                live.commit(group.drafts.values, noting: &commit)
                let deadline = group.drafts.values.lazy.filter(\.isChanged).compactMap(\.deadline).min()
                commit.nextDeadline = deadline.map { time.monotonic + ($0 - time.now) }
                return (commit, errors)
            } catch {
                connection.rollBack()
                guard let error = error as? PostgresError, tries < Self.maximumTries else { throw error }
                // The first use of a connection may be when it is found to be lost, and nothing has been written then.
                guard error.isRetryable || error.isLost && !isCommitting && tries == 1 else { throw error }
                if error.isRetryable {
                    observer.measured(.triedAgain)
                    connection.waitAfterConflict(tries)
                }
            }
        }
    }
}
