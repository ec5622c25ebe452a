import GRDB
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// The single writer. Commits all waiting jobs together, with one fsync. Each small transaction has a commit of its
/// own, between those of the jobs.
final class GroupWriter: Sendable {
    private static let maximumBatch = 512

    private struct State {
        var jobs: [any StoreJob] = []
        var writes: [any PendingWrite] = []
        var isScheduled = false
        var isClosed = false
        var observer: any StoreObserver = CommitObserver { _ in }
    }

    private let pool: DatabasePool
    /// Held until the store is closed, or while there is work even after it was released.
    let lock: StoreLock
    private let memory: StoreMemory
    private let logger: Logger
    let checkpointer: Checkpointer
    private let thread = StoreThread(name: "ringback-writer")
    private let state = Mutex(State())
    private let statements = Mutex<WriterStatements?>(nil)
    private let pace = Mutex(CommitPace(interval: .milliseconds(1)))
    /// Unchecked: accessed only on the writer's thread.
    nonisolated(unsafe) private var refused = RefusedCommit()
    /// Unchecked: accessed only on the writer's thread.
    nonisolated(unsafe) private var space: DatabaseSpace

    /// - Parameter space: Not measured yet.
    init(
        pool: DatabasePool, lock: StoreLock, memory: StoreMemory, gate: ReadGate, space: DatabaseSpace, logger: Logger
    ) throws {
        self.pool = pool
        self.lock = lock
        self.memory = memory
        self.space = space
        self.logger = logger
        checkpointer = try Checkpointer(path: pool.path, gate: gate)
        pool.writeWithoutTransaction { [checkpointer] in checkpointer.observe($0) }
        checkpointer.wakeWriter { [weak self] in
            guard let self else { return }
            thread.run {
                // A store that is closed has no reads to hold back.
                if self.state.withLock(\.isClosed) { return gate.open() }
                self.pool.writeWithoutTransaction { self.checkpointer.afterCommit($0) }
            }
        }
    }

    var observer: any StoreObserver { state.withLock(\.observer) }

    func observe(_ observer: any StoreObserver) { state.withLock { $0.observer = observer } }

    func submit(_ job: any StoreJob) {
        if !schedule({ $0.jobs.append(job) }) { job.fail(Problem.storeClosed) }
    }

    func submit(_ write: any PendingWrite) {
        if !schedule({ $0.writes.append(write) }) { write.fail(Problem.storeClosed) }
    }

    /// - Returns: `false` if the writer is closed.
    private func schedule(_ append: (inout State) -> Void) -> Bool {
        let isFirst = state.withLock { state -> Bool? in
            if state.isClosed { return nil }
            append(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard let isFirst else { return false }
        if isFirst { thread.run { self.pool.writeWithoutTransaction { self.drain($0) } } }
        return true
    }

    /// Commits everything submitted before and closes the writer.
    func finish() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            thread.run {
                self.statements.withLock { $0 = nil }
                continuation.resume()
            }
        }
    }

    private func drain(_ db: Database) {
        waitForMore()
        while var (jobs, write) = takeWork() {
            if !jobs.isEmpty { commit(&jobs, db) }
            if let write { commit(write, db) }
            write = nil
            if space.isLimited, space.beginPruning(at: .now) { pruneOldest() }
            waitForMore()
        }
    }

    /// Waits for more jobs if the previous commit has just begun, unless a small transaction is waiting.
    private func waitForMore() {
        let jobs = state.withLock { $0.jobs.isEmpty || !$0.writes.isEmpty ? nil : $0.jobs.count }
        guard let jobs else { return }
        let delay = pace.withLock { $0.delay(at: .now, jobs: jobs) }
        if delay > .zero { StoreThread.sleep(for: delay) }
        pace.withLock { $0.began(at: .now) }
    }

    private func takeWork() -> (jobs: [any StoreJob], write: (any PendingWrite)?)? {
        state.withLock { state in
            guard !state.jobs.isEmpty || !state.writes.isEmpty else {
                state.isScheduled = false
                return nil
            }
            let write = state.writes.isEmpty ? nil : state.writes.removeFirst()
            guard state.jobs.count > Self.maximumBatch else {
                defer { state.jobs = [] }
                return (state.jobs, write)
            }
            let batch = Array(state.jobs.prefix(Self.maximumBatch))
            state.jobs.removeFirst(batch.count)
            return (batch, write)
        }
    }

    /// Removes the oldest content, in steps between which others are committed.
    private func pruneOldest() {
        submit(
            SizePruning(space) { [self] hasRemoved in
                if space.continuePruning(hasRemoved: hasRemoved, at: .now) { pruneOldest() }
            })
    }

    // MARK: Commits

    private func commit(_ jobs: inout [any StoreJob], _ db: Database) {
        let observer = observer
        do {
            // For each job that threw, its index and the error.
            var errors: [(Int, any Error)] = []
            let staged = try transact(db) { batch in
                for (index, job) in jobs.enumerated() {
                    if let error = try batch.take(job) { errors.append((index, error)) }
                }
            }
            observer.committed(memory.commit(staged))
            complete(jobs, errors)
        } catch {
            let problem = problem(for: error)
            if problem == nil, jobs.count > 1 {
                // One of the changes cannot be written. Each job gets a commit of its own, so that it does not affect
                // the others.
                for job in jobs {
                    var one = [job]
                    commit(&one, db)
                }
                jobs = []
                return
            }
            for job in jobs { job.fail(problem ?? error) }
            relieve(after: error, db)
        }
        // Before a waiting task resumes, because the last owner of a job frees it.
        jobs = []
        observer.settled()
        checkpointer.afterCommit(db)
    }

    private func complete(_ jobs: [any StoreJob], _ errors: [(Int, any Error)]) {
        var errors = errors[...]
        for (index, job) in jobs.enumerated() {
            if let (place, error) = errors.first, place == index {
                errors.removeFirst()
                job.fail(problem(for: error) ?? error)
            } else {
                job.complete()
            }
        }
    }

    private func commit(_ write: any PendingWrite, _ db: Database) {
        let observer = observer
        do {
            let staged = try transact(db) { batch in
                if write.priority == .ordinary, batch.space.isFull() { throw Problem.databaseFull }
                let transaction = SQLiteTransaction(db, memory)
                try write.run(in: transaction)
                batch.staged.ended = transaction.ended
                batch.staged.blockers = transaction.blockers
                batch.staged.heads = transaction.heads
                batch.staged.hasMessages = transaction.hasMessages
            }
            observer.committed(memory.commit(staged))
            write.complete()
        } catch {
            write.fail(problem(for: error) ?? error)
            relieve(after: error, db)
        }
        observer.settled()
        checkpointer.afterCommit(db)
    }

    /// - Throws: Errors of `work`, and of the disk; nothing has changed then.
    private func transact(_ db: Database, _ work: (CallBatch) throws -> Void) throws -> CallBatch.Staged {
        try refused.makeVoid(db)
        let statements = try prepared(db)
        let batch: CallBatch
        do {
            try statements.begin.run()
            try measure(statements)
            batch = CallBatch(db, memory, statements, space)
            try work(batch)
            try batch.writeCalls()
            try batch.writeLog()
            try memory.heads.checkpointIfDue(batch)
        } catch {
            rollBack(db)
            throw error
        }
        do {
            try statements.commit.run()
        } catch {
            rollBack(db)
            throw refused.note(error, db)
        }
        statements.giveBack(batch.staged.log)
        return batch.staged
    }

    private func measure(_ statements: WriterStatements) throws {
        guard space.isLimited else { return }
        try statements.measure(&space)
        if let warning = space.takeWarning(at: .now) { logger.warning("\(warning)") }
    }

    /// Rolls back, unless SQLite has done so itself, as after most failures of the disk.
    private func rollBack(_ db: Database) {
        if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
    }

    private func prepared(_ db: Database) throws -> WriterStatements {
        try statements.withLock { statements in
            if let statements { return statements }
            let new = try WriterStatements(db)
            statements = new
            return new
        }
    }

    /// The problem to report if the disk is full or failing, of which the observer is notified; `nil` for other errors.
    private func problem(for error: any Error) -> Problem? {
        let uncertain = error as? UncertainCommit
        guard let error = uncertain?.cause ?? error as? DatabaseError, error.isOfStorage else { return nil }
        observer.failed(StoreFailure(.write, "\(error)"))
        return .notWritten(isUncertain: uncertain != nil)
    }

    /// After a full disk, the write-ahead log may hold pages for which the database has room.
    private func relieve(after error: any Error, _ db: Database) {
        if (error as? DatabaseError)?.resultCode == .SQLITE_FULL { _ = try? db.checkpoint(.truncate) }
    }
}
