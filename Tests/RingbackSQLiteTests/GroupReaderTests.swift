import Dispatch
import GRDB
import Logging
import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

@testable import RingbackSQLite

/// Reads that wait are performed together, in order, and see no state older than their submission.
struct GroupReaderTests {
    private let database: TemporaryDatabase
    private let pool: DatabasePool

    init() throws {
        database = try TemporaryDatabase()
        _ = try SQLiteStore.migrate(path: database.path)
        pool = try DatabasePool(path: database.path)
        try pool.write { try $0.execute(sql: "CREATE TABLE counter (value INTEGER); INSERT INTO counter VALUES (0)") }
    }

    private func readers(count: Int = 1, maximumBatch: Int = 64, longest: Duration = .seconds(60)) throws -> GroupReader
    {
        let memory = try pool.read {
            try StoreMemory($0, time: ManualTime(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        return try GroupReader(
            path: database.path, Configuration(), memory: memory, readTime: .seconds(60), count: count,
            maximumBatch: maximumBatch, longest: longest)
    }

    /// What the reads have seen, in the order in which they were performed.
    private final class Log: Sendable {
        private let values = Mutex<[Int]>([])

        var all: [Int] { values.withLock(\.self) }
        func append(_ value: Int) { values.withLock { $0.append(value) } }
    }

    /// A read that other code waits for, if at all, by a gate.
    private final class Step: PendingRead {
        private let log: Log
        private let work: @Sendable () throws -> Void
        private let done: @Sendable () -> Void

        /// - Parameter work: Is performed after the counter was read.
        init(_ log: Log, _ work: @escaping @Sendable () throws -> Void = {}, done: @escaping @Sendable () -> Void = {})
        {
            self.log = log
            self.work = work
            self.done = done
        }

        func run(on store: SQLiteReader) {
            log.append((try? Int.fetchOne(store.db, sql: "SELECT value FROM counter")) ?? -1)
            do { try work() } catch { log.append(-1) }
            done()
        }

        func fail(_ error: any Error) {
            log.append(-2)
            done()
        }
    }

    /// Submits a read that lasts until the gate is opened, and returns once it runs.
    private func occupy(_ readers: GroupReader, until gate: DispatchSemaphore) async {
        let (beginnings, begun) = AsyncStream<Void>.makeStream()
        readers.submit(
            Step(Log()) {
                begun.yield()
                gate.wait()
            })
        for await _ in beginnings { break }
    }

    /// Submits four reads that wait together, the first of which increases the counter, and returns what they have
    /// seen.
    private func seen(maximumBatch: Int, longest: Duration) async throws -> [Int] {
        let (readers, log, gate) = (
            try readers(maximumBatch: maximumBatch, longest: longest), Log(), DispatchSemaphore(value: 0)
        )
        await occupy(readers, until: gate)
        readers.submit(
            Step(log) { [pool] in try pool.write { try $0.execute(sql: "UPDATE counter SET value = value + 1") } })
        let (ends, ended) = AsyncStream<Void>.makeStream()
        for number in 2...4 { readers.submit(Step(log, done: { if number == 4 { ended.yield() } })) }
        gate.signal()
        for await _ in ends { break }
        try await readers.close()
        return log.all
    }

    @Test func `Reads that wait share a transaction`() async throws {
        #expect(try await seen(maximumBatch: 64, longest: .seconds(60)) == [0, 0, 0, 0])
    }

    @Test func `A transaction ends after the maximum number of reads`() async throws {
        #expect(try await seen(maximumBatch: 2, longest: .seconds(60)) == [0, 0, 1, 1])
    }

    @Test func `A transaction that takes long leaves the rest to the next one, in order`() async throws {
        #expect(try await seen(maximumBatch: 64, longest: .zero) == [0, 1, 1, 1])
    }

    @Test func `A read sees what was committed before it was submitted, though a transaction has begun`() async throws {
        let (readers, log, gate) = (try readers(), Log(), DispatchSemaphore(value: 0))
        await occupy(readers, until: gate)
        try await pool.write { try $0.execute(sql: "UPDATE counter SET value = 7") }
        readers.submit(Step(log))
        gate.signal()
        try await readers.close()
        #expect(log.all == [7])
    }

    @Test func `A read does not wait for a long one while a reader is free`() async throws {
        let (readers, log, gate) = (try readers(count: 2), Log(), DispatchSemaphore(value: 0))
        await occupy(readers, until: gate)
        let (ends, ended) = AsyncStream<Void>.makeStream()
        readers.submit(Step(log, done: { ended.yield() }))
        for await _ in ends { break }
        #expect(log.all == [0])
        gate.signal()
        try await readers.close()
    }

    @Test func `Closing performs the reads submitted before and refuses later ones`() async throws {
        let (readers, log) = (try readers(), Log())
        for _ in 0..<200 { readers.submit(Step(log)) }
        try await readers.close()
        #expect(log.all == Array(repeating: 0, count: 200))
        readers.submit(Step(log))
        #expect(log.all.last == -2)
    }

    @Test func `Reads of a database that can't be read fail, and are performed again when it can`() async throws {
        let (readers, log) = (try readers(), Log())
        let (ends, ended) = AsyncStream<Void>.makeStream()
        try await pool.write { try $0.execute(sql: "ALTER TABLE meta RENAME TO lost") }
        readers.submit(Step(log, done: { ended.yield() }))
        for await _ in ends { break }
        try await pool.write { try $0.execute(sql: "ALTER TABLE lost RENAME TO meta") }
        readers.submit(Step(log))
        try await readers.close()
        #expect(log.all == [-2, 0])
    }
}
