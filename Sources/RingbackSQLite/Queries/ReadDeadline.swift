import GRDB
import GRDBSQLite

/// The time after which a read is ended, so that no read keeps others waiting or the write-ahead log from beginning
/// anew.
final class ReadDeadline: Sendable {
    struct Passed: Error {}

    /// Instructions of SQLite's virtual machine between two looks at the clock: some ten microseconds.
    private static let instructions: Int32 = 1000

    private let end: ContinuousClock.Instant

    init(_ end: ContinuousClock.Instant) { self.end = end }

    /// - Throws: ``Passed``.
    func check() throws {
        if ContinuousClock.now >= end { throw Passed() }
    }

    /// Runs `work`; a statement of it that takes too long is interrupted (`SQLITE_INTERRUPT`).
    func limit<Value>(_ db: Database, _ work: () throws -> Value) rethrows -> Value {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            db.sqliteConnection, Self.instructions,
            { context in
                guard let context else { return 0 }
                let deadline = Unmanaged<ReadDeadline>.fromOpaque(context).takeUnretainedValue()
                return ContinuousClock.now >= deadline.end ? 1 : 0
            }, context)
        defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
        return try withExtendedLifetime(self) { try work() }
    }
}
