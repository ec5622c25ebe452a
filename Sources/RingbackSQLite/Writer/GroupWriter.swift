import GRDB
import RingbackCore
import RingbackModel
import Synchronization

/// The one writer: all jobs that are waiting are committed together, with one fsync for all.
///
/// Small transactions that are waiting share a commit too, behind that of the jobs. Should one throw after it has changed
/// something, which it must not, each gets a commit of its own.
final class GroupWriter: Sendable {
    private static let maximumBatch = 512

    private struct State {
        var jobs: [any StoreJob] = []
        var writes: [any PendingWrite] = []
        var isScheduled = false
        var observer: any StoreObserver = CommitObserver { _ in }
    }

    private let pool: DatabasePool
    /// Held as long as there is work, also for a store that is gone.
    private let lock: StoreLock
    private let memory: StoreMemory
    private let checkpointer: Checkpointer
    private let thread = WriterThread(name: "ringback-writer")
    private let state = Mutex(State())
    private let statements = Mutex<WriterStatements?>(nil)
    private let pace = Mutex(CommitPace())

    init(pool: DatabasePool, lock: StoreLock, memory: StoreMemory) throws {
        self.pool = pool
        self.lock = lock
        self.memory = memory
        checkpointer = try Checkpointer(path: pool.path)
        pool.writeWithoutTransaction { [checkpointer] in checkpointer.observe($0) }
    }

    func observe(_ observer: any StoreObserver) { state.withLock { $0.observer = observer } }

    func submit(_ job: any StoreJob) { schedule { $0.jobs.append(job) } }

    func submit(_ write: any PendingWrite) { schedule { $0.writes.append(write) } }

    private func schedule(_ append: (inout State) -> Void) {
        let isFirst = state.withLock { state in
            append(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { thread.run { self.pool.writeWithoutTransaction { self.drain($0) } } }
    }

    private func drain(_ db: Database) {
        waitForMore()
        while var (jobs, writes) = takeWork() {
            if !jobs.isEmpty { commit(&jobs, db) }
            if !writes.isEmpty { commit(writes, db) }
            writes = []
            waitForMore()
        }
    }

    /// Lets more come when the last commit has just begun.
    private func waitForMore() {
        let jobs = state.withLock { $0.jobs.isEmpty && $0.writes.isEmpty ? nil : $0.jobs.count }
        guard let jobs else { return }
        let delay = pace.withLock { $0.delay(at: .now, jobs: jobs) }
        if delay > .zero { WriterThread.sleep(for: delay) }
        pace.withLock { $0.began(at: .now) }
    }

    private func takeWork() -> (jobs: [any StoreJob], writes: [any PendingWrite])? {
        state.withLock { state in
            guard !state.jobs.isEmpty || !state.writes.isEmpty else {
                state.isScheduled = false
                return nil
            }
            defer { state.writes = [] }
            guard state.jobs.count > Self.maximumBatch else {
                defer { state.jobs = [] }
                return (state.jobs, state.writes)
            }
            let batch = Array(state.jobs.prefix(Self.maximumBatch))
            state.jobs.removeFirst(batch.count)
            return (batch, state.writes)
        }
    }

    // MARK: Commits

    private func commit(_ jobs: inout [any StoreJob], _ db: Database) {
        let observer = state.withLock(\.observer)
        do {
            // Of each job that threw its place and what it threw.
            var errors: [(Int, any Error)] = []
            let staged = try transact(db) { batch in
                for (index, job) in jobs.enumerated() {
                    if let error = try batch.take(job) { errors.append((index, error)) }
                }
            }
            observer.committed(memory.commit(staged))
            complete(jobs, errors)
        } catch {
            let problem = (error as? DatabaseError)?.problem
            if problem == nil, jobs.count > 1 {
                // One of them can't be written. Each gets a commit of its own, so that it harms no other.
                for job in jobs {
                    var one = [job]
                    commit(&one, db)
                }
                jobs = []
                return
            }
            let error: any Error = problem ?? error
            for job in jobs { job.fail(error) }
            relieve(after: error, db)
        }
        // Before whoever waits comes to run: the last to hold a job frees it.
        jobs = []
        observer.settled()
        checkpointer.afterCommit(db)
    }

    private func complete(_ jobs: [any StoreJob], _ errors: [(Int, any Error)]) {
        var errors = errors[...]
        for (index, job) in jobs.enumerated() {
            if let (place, error) = errors.first, place == index {
                errors.removeFirst()
                job.fail((error as? DatabaseError)?.problem ?? error)
            } else {
                job.complete()
            }
        }
    }

    private func commit(_ writes: [any PendingWrite], _ db: Database) {
        let observer = state.withLock(\.observer)
        do {
            // Of each what it threw.
            var errors: [(any Error)?] = []
            let staged = try transact(db) { batch in
                errors = try writes.map { try run($0, writes.count > 1, db, &batch.staged.ended) }
            }
            observer.committed(memory.commit(staged))
            for (write, error) in zip(writes, errors) {
                if let error { write.fail((error as? DatabaseError)?.problem ?? error) } else { write.complete() }
            }
        } catch is HasChanged {
            for write in writes { commit([write], db) }
        } catch {
            let error = (error as? DatabaseError)?.problem ?? error
            for write in writes { write.fail(error) }
            relieve(after: error, db)
        }
        observer.settled()
        checkpointer.afterCommit(db)
    }

    /// A small transaction threw after it had changed something.
    private struct HasChanged: Error {}

    /// - Parameter ended: Gets the devices whose token it makes void.
    /// - Returns: What a small transaction threw; nothing of it is left.
    /// - Throws: When the whole commit is lost.
    private func run(
        _ write: any PendingWrite, _ isWithOthers: Bool, _ db: Database, _ ended: inout [Participant]
    ) throws -> (any Error)? {
        let changes = db.totalChangesCount
        let transaction = SQLiteTransaction(db, memory)
        do {
            try write.run(in: transaction)
            ended += transaction.ended
            return nil
        } catch {
            if (error as? DatabaseError)?.problem != nil { throw error }
            guard db.totalChangesCount != changes else { return error }
            throw isWithOthers ? HasChanged() : error
        }
    }

    /// - Throws: What `work` throws, and when the disk fails: nothing has changed then.
    private func transact(_ db: Database, _ work: (CallBatch) throws -> Void) throws -> CallBatch.Staged {
        let statements = try prepared(db)
        let batch = CallBatch(db, memory, statements)
        do {
            try statements.begin.run()
            try work(batch)
            try batch.writeCalls()
            try batch.writeLog()
            try memory.heads.checkpointIfDue(batch)
            try statements.commit.run()
            statements.giveBack(batch.staged.log)
            return batch.staged
        } catch {
            if db.isInsideTransaction { try db.execute(sql: "ROLLBACK") }
            throw error
        }
    }

    private func prepared(_ db: Database) throws -> WriterStatements {
        try statements.withLock { statements in
            if let statements { return statements }
            let new = try WriterStatements(db)
            statements = new
            return new
        }
    }

    /// After a full disk: the write-ahead log may hold pages that the database has room for.
    private func relieve(after error: any Error, _ db: Database) {
        guard (error as? Problem)?.code == .storageUnavailable else { return }
        _ = try? db.checkpoint(.truncate)
    }
}

/// A small transaction that waits for the writer. All of it happens on the writer's thread.
protocol PendingWrite: AnyObject, Sendable {
    func run(in transaction: SQLiteTransaction) throws
    func complete()
    func fail(_ error: any Error)
}

/// A small transaction that a task waits for.
final class AccountWrite<Value: Sendable>: PendingWrite {
    private let work: @Sendable (any StoreWriter) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    /// What the work has returned, until the commit. Unchecked: touched on the writer's thread alone.
    nonisolated(unsafe) private var value: Value?

    init(
        _ work: @escaping @Sendable (any StoreWriter) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.work = work
        self.continuation = continuation
    }

    func run(in transaction: SQLiteTransaction) throws { value = try work(transaction) }

    func complete() {
        if let value { continuation.resume(returning: value) }
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
