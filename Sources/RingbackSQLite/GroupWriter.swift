import GRDB
import RingbackCore
import RingbackModel
import Synchronization

/// The one writer: everything that is waiting is committed together, with one fsync for all.
///
/// A piece of work that throws leaves nothing behind and harms no other. Only when the disk fails does everything fail that
/// would have been committed together.
final class GroupWriter: Sendable {
    private static let maximumBatch = 512

    private struct State {
        var waiting: [any StoreJob] = []
        var isScheduled = false
        var observer: @Sendable (Commit) -> Void = { _ in }
        var settled: @Sendable () -> Void = {}
    }

    /// A transaction that has been committed.
    private struct Done {
        /// Of each piece of work what it threw, if it did.
        var errors: [(any Error)?]
        var staged: SQLiteSession.Staged
    }

    /// A piece of work threw after it had changed something.
    private struct HasChanged: Error {}

    private let pool: DatabasePool
    /// Held as long as there is work, also for a store that is gone.
    private let lock: StoreLock
    private let heads: FeedHeads
    private let live: LiveTable
    private let tail: HistoryTail
    private let checkpointer: Checkpointer
    private let thread = WriterThread(name: "ringback-writer")
    private let state = Mutex(State())
    private let statements = Mutex<WriterStatements?>(nil)

    init(pool: DatabasePool, lock: StoreLock, heads: FeedHeads, live: LiveTable, tail: HistoryTail) throws {
        self.pool = pool
        self.lock = lock
        self.heads = heads
        self.live = live
        self.tail = tail
        checkpointer = try Checkpointer(path: pool.path)
        pool.writeWithoutTransaction { [checkpointer] in checkpointer.observe($0) }
    }

    func observe(_ observer: @escaping @Sendable (Commit) -> Void) { state.withLock { $0.observer = observer } }

    func observeSettling(_ observer: @escaping @Sendable () -> Void) { state.withLock { $0.settled = observer } }

    func submit(_ job: any StoreJob) {
        let isFirst = state.withLock { state in
            state.waiting.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { thread.run { self.pool.writeWithoutTransaction { self.drain($0) } } }
    }

    private func drain(_ db: Database) {
        while var batch = takeBatch() { commit(&batch, db) }
    }

    private func takeBatch() -> [any StoreJob]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isScheduled = false
                return nil
            }
            guard state.waiting.count > Self.maximumBatch else {
                defer { state.waiting = [] }
                return state.waiting
            }
            let batch = Array(state.waiting.prefix(Self.maximumBatch))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: inout [any StoreJob], _ db: Database) {
        do {
            finish(&batch, try transact(batch, db))
            checkpointer.afterCommit(db)
        } catch {
            let error = (error as? DatabaseError)?.problem ?? error
            for job in batch { job.fail(error) }
            state.withLock(\.settled)()
            relieve(after: error, db)
        }
    }

    private func finish(_ batch: inout [any StoreJob], _ done: Done) {
        let (observer, settled) = state.withLock { ($0.observer, $0.settled) }
        let calls = done.staged.calls.values
        // Before the live calls let go of those that have ended: a history may find one twice, but not miss it.
        tail.commit(calls, until: done.staged.historyUntil)
        live.commit(calls, newestEvent: done.staged.newestEvent)
        heads.commit(done.staged)
        observer(done.staged.commit)
        for (job, error) in zip(batch, done.errors) {
            if let error { job.fail((error as? DatabaseError)?.problem ?? error) } else { job.complete() }
        }
        // Before whoever waits comes to run: the last to hold a job frees it.
        batch = []
        settled()
    }

    // MARK: The transaction

    /// Commits all of the batch's work that does not throw.
    ///
    /// - Throws: When everything is lost.
    private func transact(_ batch: [any StoreJob], _ db: Database) throws -> Done {
        let statements = try prepared(db)
        do {
            return try transact(db, statements) { session in try batch.map { try run($0, in: session) } }
        } catch let error where (error as? DatabaseError)?.problem == nil {
            // Something is wrong with one of them. Each in a savepoint of its own then, which costs more.
            return try transact(db, statements) { session in try batch.map { try runAlone($0, in: session) } }
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

    private func transact(
        _ db: Database, _ statements: WriterStatements,
        _ work: (SQLiteSession) throws -> [(any Error)?]
    ) throws -> Done {
        let session = SQLiteSession(db, heads: heads, live: live, tail: tail, statements: statements)
        do {
            try statements.begin.run()
            let errors = try work(session)
            try session.writeCalls()
            try session.writeLog()
            try heads.checkpointIfDue(session)
            try statements.commit.run()
            statements.giveBack(session.staged.log)
            return Done(errors: errors, staged: session.staged)
        } catch {
            if db.isInsideTransaction { try db.execute(sql: "ROLLBACK") }
            throw error
        }
    }

    /// Runs a job that has no savepoint: should it throw, it must not have changed anything.
    ///
    /// - Returns: What it threw.
    private func run(_ job: any StoreJob, in session: SQLiteSession) throws -> (any Error)? {
        let changes = session.changes
        do {
            try job.run(in: session)
            return nil
        } catch {
            if (error as? DatabaseError)?.problem != nil { throw error }
            guard session.changes == changes else { throw HasChanged() }
            return error
        }
    }

    /// Runs one job in its savepoint.
    ///
    /// - Returns: What it threw.
    /// - Throws: Only when the whole transaction is lost.
    private func runAlone(_ job: any StoreJob, in session: SQLiteSession) throws -> (any Error)? {
        let staged = session.staged.copy()
        do {
            try session.execute("SAVEPOINT job", [])
            try job.run(in: session)
            try session.writeCalls()
            try session.execute("RELEASE job", [])
            return nil
        } catch {
            let isLost = (error as? DatabaseError)?.problem != nil || !session.db.isInsideTransaction
            if isLost { throw error }
            try session.execute("ROLLBACK TO job", [])
            try session.execute("RELEASE job", [])
            session.staged = staged
            session.current = nil
            return error
        }
    }

    /// After a full disk: the write-ahead log may hold pages that the database has room for.
    private func relieve(after error: any Error, _ db: Database) {
        guard (error as? Problem)?.code == .storageUnavailable else { return }
        _ = try? db.checkpoint(.truncate)
    }
}
