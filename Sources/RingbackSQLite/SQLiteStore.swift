import GRDB
package import Logging
package import RingbackCore
package import RingbackModel
import Synchronization

/// The store on SQLite: WAL, `synchronous=FULL`, one writer with group commit, several readers.
package final class SQLiteStore: Store {
    /// How often a read is repeated because of concurrent commits.
    private static let staleReads = 100

    package let epoch: String
    package let tickets: any TicketStore = MemoryTickets()
    private let pool: DatabasePool
    private let memory: StoreMemory
    private let logger: Logger
    private let writer: GroupWriter
    private let readers: GroupReader
    /// For ``ReadPriority/missed``.
    private let slowReaders: GroupReader
    private let gate = ReadGate()

    /// Opens the database, creates it if it does not exist, and applies pending migrations.
    ///
    /// - Parameters:
    ///   - time: The clock for decisions about calls.
    ///   - readTime: The maximum duration of a read.
    ///   - maximumBytes: The maximum size of the database without the write-ahead log, at least 1 MiB; `nil` for none.
    ///     When it is nearly reached, the oldest content is removed; when it is reached, ordinary writes are refused.
    ///   - logger: For live calls that are damaged and left out, and for reaching the maximum size.
    /// - Throws: ``MigrationError``, ``StoreError``, and if another process has the database open.
    package init(
        path: String, time: any Timekeeper = SystemTime(), readTime: Duration = .seconds(1),
        maximumBytes: Int? = nil, logger: Logger = Logger(label: "ringback.store")
    ) throws {
        self.logger = logger
        let lock = try StoreLock(database: path)
        pool = try Self.openPool(path)
        let db = pool
        _ = try db.writeWithoutTransaction { try Migrator().migrate($0) }
        (epoch, memory) = try db.read { db in
            (
                try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? "",
                try StoreMemory(db, time: time, logger: logger)
            )
        }
        writer = try GroupWriter(
            pool: db, lock: lock, memory: memory, gate: gate,
            space: DatabaseSpace(maximumBytes: maximumBytes), logger: logger)
        readers = try GroupReader(path: path, Self.configuration, memory: memory, readTime: readTime)
        // Small batches, since all that was read together is written to the clients at once. A low priority would do
        // harm: whoever waits for the gate waits for these reads, too.
        slowReaders = try GroupReader(
            path: path, Self.configuration, memory: memory, readTime: readTime, count: 1, maximumBatch: 16,
            longest: .milliseconds(2))
    }

    /// Applies pending migrations without opening the store.
    ///
    /// - Returns: The numbers of the migrations that were applied.
    package static func migrate(path: String) throws -> [Int] {
        let lock = try StoreLock(database: path)
        defer { withExtendedLifetime(lock) {} }
        return try openPool(path).writeWithoutTransaction { try Migrator().migrate($0) }
    }

    /// Gives the log a new epoch, which makes earlier cursors invalid. For a database restored from a backup.
    package static func renewEpoch(path: String) throws {
        let lock = try StoreLock(database: path)
        defer { withExtendedLifetime(lock) {} }
        try openPool(path).write { db in
            try db.execute(sql: "UPDATE meta SET value = lower(hex(randomblob(6))) WHERE key = 'epoch'")
        }
    }

    package func observe(_ observer: any StoreObserver) {
        memory.devices.observe(observer)
        writer.observe(observer)
    }

    package var outbox: any OutboxStore { SQLiteOutbox(store: self) }

    package var presence: any PresenceStore { SQLitePresence(memory: memory, writer: writer) }

    package func submit(_ job: any StoreJob) { writer.submit(job) }

    package func takeDueCalls(limit: Int) async throws -> [CallID] {
        memory.live.due(at: memory.time.monotonic, limit: limit)
    }

    package func nextDeadline() async throws -> MonotonicTime? { memory.live.nextDeadline }

    package var liveCallCount: Int { memory.live.count }

    package func write<T: Sendable>(
        _ priority: WritePriority, _ work: @escaping @Sendable (any StoreWriter) throws -> T
    ) async throws -> T {
        try await transact(priority) { try work($0) }
    }

    func transact<T: Sendable>(
        _ priority: WritePriority, _ work: @escaping @Sendable (SQLiteTransaction) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { writer.submit(AccountWrite(priority, work, $0)) }
    }

    package func read<T: Sendable>(
        _ priority: ReadPriority, _ work: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T { try await query(priority) { try work($0) } }

    func query<T: Sendable>(
        _ priority: ReadPriority = .ordinary, _ work: @escaping @Sendable (SQLiteReader) throws -> T
    ) async throws -> T {
        let readers = priority == .missed ? slowReaders : readers
        var tries = 0
        while true {
            do {
                return try await readOnce(readers, work)
            } catch is StaleSnapshot where tries < Self.staleReads {
                // Soon, both the memory and a new snapshot have the concurrent commit.
                tries += 1
                if tries > 3 { try await Task.sleep(for: .milliseconds(1)) }
            } catch is ReadDeadline.Passed {
                throw Problem.readTooLong
            } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                throw Problem.readTooLong
            } catch let error as StaleSnapshot {
                throw notRead(error)
            } catch let error as DatabaseError where error.isOfStorage || error.resultCode == .SQLITE_MISUSE {
                throw notRead(error)
            }
        }
    }

    private func readOnce<T: Sendable>(
        _ readers: GroupReader, _ work: @escaping @Sendable (SQLiteReader) throws -> T
    ) async throws -> T {
        if !gate.tryToEnter() { await gate.enter() }
        defer { gate.leave() }
        return try await withCheckedThrowingContinuation { readers.submit(StoreRead(work, $0)) }
    }

    private func notRead(_ error: any Error) -> Problem {
        writer.observer.failed(StoreFailure(.read, "\(error)"))
        return .notRead
    }

    package func probe() async throws { try await transact(.essential) { try RefusedCommit.probe($0.db) } }

    package func close() async {
        await writer.finish()
        do {
            try await readers.close()
            try await slowReaders.close()
            try pool.close()
            try writer.checkpointer.close()
            writer.lock.release()
        } catch {
            logger.error("the database was not closed", metadata: ["error": "\(error)"])
        }
    }

    /// The configuration of all connections. Readers look up single rows, and the rows of the log, of 30 KB on a busy
    /// server, for clients that reconnect; the writer gets a larger cache below.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "ringback"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048")
        }
        return configuration
    }

    private static func openPool(_ path: String) throws -> DatabasePool {
        let pool: DatabasePool
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch let error as DatabaseError {
            throw StoreError.cannotOpen(path: path, reason: error.message ?? "\(error.resultCode)")
        }
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL for WAL; only FULL syncs the log at every commit. The pages of a transaction stay in
            // memory until its commit, because SQLite 3.40 writes wrong checksums for a spilled page that is changed in
            // a savepoint and rolled back, after which a recovery drops later commits.
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA cache_size = -32768;
                    PRAGMA cache_spill = OFF;
                    """)
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            guard synchronous == 2 else { throw StoreError.notDurable(synchronous: synchronous) }
        }
        return pool
    }

    /// The value of a pragma, for tests and operators.
    package func pragma(_ name: String) async throws -> String {
        try await pool.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA \(name)") ?? "" }
    }
}
