import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// One transaction's view of the database. The extensions hold the SQL, a file for each group of tables.
final class SQLiteSession: StoreWriter {
    /// What takes effect in memory when the transaction has been committed.
    struct Staged {
        var heads: [UserID: FeedHeads.Head] = [:]
        /// What was told and has no row yet.
        var log: LogDraft
        var events: [StoredEvent] = []
        var calls: [CallID: CallDraft] = [:]
        /// Up to where ``HistoryTail`` has brought its table.
        var historyUntil: Int64?

        /// The number of the log's newest entry.
        var newestEvent: Int64 { log.next - 1 }

        var commit: Commit {
            var commit = Commit()
            commit.events = events
            commit.calls = calls.values.map(\.entry.call)
            return commit
        }

        /// As it is now, whatever happens to the drafts.
        func copy() -> Staged {
            var copy = self
            copy.calls = calls.mapValues { CallDraft($0.entry, isStaged: true) }
            return copy
        }
    }

    let db: Database
    let heads: FeedHeads
    let live: LiveTable
    let tail: HistoryTail
    /// The writer's; `nil` for readers.
    let statements: WriterStatements?
    var staged: Staged
    /// How often this session has changed something.
    private(set) var changes = 0
    /// The call that was asked for last: most work is about one.
    var current: CallDraft?
    /// A reader's row of the log that was asked for last.
    var lastRow: LogRow?

    init(
        _ db: Database, heads: FeedHeads, live: LiveTable, tail: HistoryTail, statements: WriterStatements? = nil
    ) {
        self.db = db
        self.heads = heads
        self.live = live
        self.tail = tail
        self.statements = statements
        staged = Staged(log: statements?.takeLog(first: heads.newestEvent + 1) ?? LogDraft(first: 1))
        if statements != nil {
            // A commit is of many messages, as a rule.
            staged.heads.reserveCapacity(64)
            staged.events.reserveCapacity(64)
        }
    }

    /// To be called by whatever changes the database or what is staged.
    func noteChange() { changes += 1 }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        noteChange()
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Reads the first row without a copy of it.
    func first<Value>(
        _ sql: String, _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws -> Value? {
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        // The row is no more than a view of the cursor.
        return try withExtendedLifetime(rows) { try rows.next().map(read) }
    }

    /// Reads all rows without copies of them.
    func all<Value>(
        _ sql: String, _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try read(row)) }
        return values
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// A row that this version can't have written.
struct CorruptRow: Error {
    let column: String
}

/// A reader's moment and the memory are a commit apart where they must not be. The next read sees both.
struct StaleMoment: Error {}

extension Row {
    func user(_ column: String) throws -> UserID {
        guard let user = UserID(self[column] as String) else { throw CorruptRow(column: column) }
        return user
    }

    func device(_ column: String) throws -> DeviceID {
        guard let device = DeviceID(self[column] as String) else { throw CorruptRow(column: column) }
        return device
    }

    func optionalDevice(_ column: String) throws -> DeviceID? {
        guard let text = self[column] as String? else { return nil }
        guard let device = DeviceID(text) else { throw CorruptRow(column: column) }
        return device
    }

    func time(_ column: String) -> Timestamp { Timestamp(milliseconds: self[column]) }

    func optionalTime(_ column: String) -> Timestamp? {
        (self[column] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    func json(_ column: String) -> JSONText? {
        (self[column] as Data?).map { JSONText(unchecked: Array($0)) }
    }

    func bytes(_ column: String) -> [UInt8] { Array(self[column] as Data) }

    func value<Value: RawRepresentable<String>>(_ column: String) throws -> Value {
        guard let value = Value(rawValue: self[column]) else { throw CorruptRow(column: column) }
        return value
    }

    /// The user and device in these two columns, when there are any.
    func participant(_ userColumn: String, _ deviceColumn: String) throws -> Participant? {
        guard let user = (self[userColumn] as String?).flatMap({ UserID($0) }),
            let device = try optionalDevice(deviceColumn)
        else { return nil }
        return Participant(userId: user, deviceId: device)
    }
}
