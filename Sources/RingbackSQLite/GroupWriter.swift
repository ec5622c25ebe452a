import Dispatch
import GRDB
import RingbackCore
import RingbackModel
import Synchronization

/// The one writer: everything that is waiting is committed together, with one fsync for all.
///
/// Each piece of work has a savepoint of its own: one that throws leaves nothing behind and harms no other. Only when the
/// disk fails does everything fail that would have been committed together.
final class GroupWriter: Sendable {
    private static let maximumBatch = 512

    private struct Job: Sendable {
        /// Does the work; what it returns is to be called after the commit.
        let run: @Sendable (SQLiteSession) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isScheduled = false
        var cache = CallCache()
        var observer: @Sendable (Commit) -> Void = { _ in }
        var settled: @Sendable () -> Void = {}
    }

    private let pool: DatabasePool
    private let heads: FeedHeads
    private let queue = DispatchQueue(label: "ringback.writer", qos: .userInitiated)
    private let state = Mutex(State())

    init(pool: DatabasePool, heads: FeedHeads) {
        self.pool = pool
        self.heads = heads
    }

    func observe(_ observer: @escaping @Sendable (Commit) -> Void) { state.withLock { $0.observer = observer } }

    func observeSettling(_ observer: @escaping @Sendable () -> Void) { state.withLock { $0.settled = observer } }

    func submit<T: Sendable>(
        _ work: @escaping @Sendable (any StoreWriter) throws -> T,
        then completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        enqueue(
            Job(
                run: { session in
                    let value = try work(session)
                    return { completion(.success(value)) }
                },
                fail: { completion(.failure($0)) }))
    }

    private func enqueue(_ job: Job) {
        let isFirst = state.withLock { state in
            state.waiting.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { queue.async { self.drain() } }
    }

    private func drain() {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(Self.maximumBatch))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isScheduled = false }
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Job]) {
        var outcomes: [Result<@Sendable () -> Void, any Error>] = []
        var staged = SQLiteSession.Staged()
        var cache: CallCache?
        do {
            try pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    // Taken, not copied: should the transaction be lost, so are the calls that it changed.
                    let session = SQLiteSession(db, heads: heads, cache: takeCache())
                    for job in batch { outcomes.append(try run(job, in: session)) }
                    try heads.checkpointIfDue(session)
                    staged = session.staged
                    cache = session.cache.take()
                    return .commit
                }
            }
        } catch {
            let error = (error as? DatabaseError)?.problem ?? error
            for job in batch { job.fail(error) }
            state.withLock(\.settled)()
            relieve(after: error)
            return
        }
        let commit = staged.commit
        heads.commit(staged.heads, events: commit.events.count)
        cache?.settle(commit.calls)
        let (observer, settled) = state.withLock { [cache = cache.take()] state in
            state.cache = cache ?? CallCache()
            return (state.observer, state.settled)
        }
        observer(commit)
        for (job, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .success(let complete): complete()
            case .failure(let error): job.fail((error as? DatabaseError)?.problem ?? error)
            }
        }
        settled()
    }

    private func takeCache() -> CallCache {
        state.withLock { state in
            let cache = state.cache
            state.cache = CallCache()
            return cache
        }
    }

    /// Runs one job in its savepoint.
    ///
    /// - Throws: Only when the whole transaction is lost.
    private func run(_ job: Job, in session: SQLiteSession) throws -> Result<@Sendable () -> Void, any Error> {
        session.staged.begin()
        session.cache?.begin()
        do {
            try session.execute("SAVEPOINT job", [])
            let complete = try job.run(session)
            try session.execute("RELEASE job", [])
            return .success(complete)
        } catch {
            let isLost = (error as? DatabaseError)?.problem != nil || !session.db.isInsideTransaction
            if isLost { throw error }
            try session.execute("ROLLBACK TO job", [])
            try session.execute("RELEASE job", [])
            session.staged.rollBack()
            session.cache?.rollBack()
            return .failure(error)
        }
    }

    /// After a full disk: the write-ahead log may hold pages that the database has room for.
    private func relieve(after error: any Error) {
        guard (error as? Problem)?.code == .storageUnavailable else { return }
        try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }
}
