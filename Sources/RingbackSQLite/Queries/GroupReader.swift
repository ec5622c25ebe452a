import GRDB
import RingbackCore
import RingbackModel
import Synchronization

/// The readers. All reads that wait when a reader is free are performed together, in one transaction.
///
/// A read sees a state that is at least as new as the time when it was submitted.
final class GroupReader: Sendable {
    private struct State {
        var waiting: [any PendingRead] = []
        var idle: [Reader]
        var isClosed = false
    }

    private let memory: StoreMemory
    private let readTime: Duration
    private let maximumBatch: Int
    private let longest: Duration
    private let readers: [Reader]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - configuration: Of the connections.
    ///   - readTime: How long a read may take.
    ///   - count: The number of connections, each with a thread of its own.
    ///   - maximumBatch: The maximum number of reads per transaction.
    ///   - longest: The duration after which the remaining reads of a transaction are left to the next one.
    init(
        path: String, _ configuration: Configuration, memory: StoreMemory, readTime: Duration, count: Int = 3,
        maximumBatch: Int = 64, longest: Duration = .milliseconds(5)
    ) throws {
        self.memory = memory
        self.readTime = readTime
        self.maximumBatch = maximumBatch
        self.longest = longest
        readers = try (0..<count).map { _ in try Reader(path, configuration) }
        state = Mutex(State(idle: readers))
    }

    func submit(_ read: any PendingRead) {
        let (isTaken, reader) = state.withLock { state -> (Bool, Reader?) in
            if state.isClosed { return (false, nil) }
            state.waiting.append(read)
            return (true, state.idle.popLast())
        }
        guard isTaken else { return read.fail(Problem.notRead) }
        reader?.run { [self] in drain($0, $1, reader) }
    }

    /// Performs the reads submitted before, refuses later ones, and closes the connections.
    func close() async throws {
        state.withLock { $0.isClosed = true }
        for reader in readers { try await reader.close() }
    }

    private func drain(_ db: Database, _ statements: ReaderStatements, _ reader: Reader?) {
        while let reads = takeReads(reader) {
            do {
                try statements.begin.run()
                // The snapshot begins with the first read.
                _ = try statements.look.rows { _ in }
                defer { try? statements.commit.run() }
                run(reads, SQLiteReader(db, memory, statements.log))
            } catch {
                if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
                for read in reads { read.fail(error) }
            }
        }
    }

    private func takeReads(_ reader: Reader?) -> [any PendingRead]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                if let reader { state.idle.append(reader) }
                return nil
            }
            let reads = Array(state.waiting.prefix(maximumBatch))
            state.waiting.removeFirst(reads.count)
            return reads
        }
    }

    private func run(_ reads: [any PendingRead], _ store: SQLiteReader) {
        let begin = ContinuousClock.now
        for (index, read) in reads.enumerated() {
            let deadline = ReadDeadline(.now + readTime)
            store.deadline = deadline
            deadline.limit(store.db) { read.run(on: store) }
            guard begin.duration(to: .now) > longest, index + 1 < reads.count else { continue }
            let rest = reads[(index + 1)...]
            return state.withLock { $0.waiting.insert(contentsOf: rest, at: 0) }
        }
    }
}

/// A connection for reading, and its thread.
private final class Reader: Sendable {
    private let connection: DatabaseQueue
    private let thread = StoreThread(name: "ringback-reader")
    /// `nil` once the connection is closed.
    private let statements: Mutex<ReaderStatements?>

    init(_ path: String, _ configuration: Configuration) throws {
        connection = try DatabaseQueue(path: path, configuration: configuration)
        statements = Mutex(try connection.inDatabase { try ReaderStatements($0) })
    }

    func run(_ work: @escaping @Sendable (Database, ReaderStatements) -> Void) {
        thread.run { [self] in
            guard let statements = statements.withLock(\.self) else { return }
            connection.inDatabase { work($0, statements) }
        }
    }

    /// Closes the connection after the work passed to ``run(_:)``.
    func close() async throws {
        await withCheckedContinuation { continuation in
            thread.run {
                self.statements.withLock { $0 = nil }
                continuation.resume()
            }
        }
        try connection.close()
    }
}

/// The statements of every transaction of a reader, prepared once.
///
/// Unchecked: they are handles of the reader's connection, used only by its thread.
private final class ReaderStatements: @unchecked Sendable {
    let begin: HotStatement
    let look: HotStatement
    let commit: HotStatement
    let log: LogStatements

    init(_ db: Database) throws {
        begin = try HotStatement(db, "BEGIN")
        look = try HotStatement(db, "SELECT 1 FROM meta WHERE key = 'epoch'")
        commit = try HotStatement(db, "COMMIT")
        log = try LogStatements(db)
    }
}

/// A read that waits for a reader. Its methods are called on the reader's thread.
protocol PendingRead: AnyObject, Sendable {
    func run(on store: SQLiteReader)
    /// The database can't be read.
    func fail(_ error: any Error)
}

/// A read for which a task waits.
final class StoreRead<Value: Sendable>: PendingRead {
    private let work: @Sendable (SQLiteReader) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>

    init(
        _ work: @escaping @Sendable (SQLiteReader) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.work = work
        self.continuation = continuation
    }

    func run(on store: SQLiteReader) { continuation.resume(with: Result { try work(store) }) }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
