import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// One transaction's view of the database. The extensions hold the SQL, a file for each group of tables.
final class SQLiteSession: StoreWriter {
    /// What takes effect in memory when the transaction has been committed.
    ///
    /// A piece of work that fails takes back its own part: by counts, for a copy would grow with the whole batch.
    struct Staged {
        private(set) var heads: [UserID: FeedHeads.Head] = [:]
        private(set) var events: [StoredEvent] = []
        /// May have a call more than once; the last one counts.
        private(set) var calls: [CallState] = []
        private var replacedHeads: [(user: UserID, head: FeedHeads.Head?)] = []
        private var eventsBefore = 0
        private var callsBefore = 0

        /// Begins a piece of work.
        mutating func begin() {
            replacedHeads.removeAll(keepingCapacity: true)
            (eventsBefore, callsBefore) = (events.count, calls.count)
        }

        mutating func append(_ event: StoredEvent, head: FeedHeads.Head) {
            replacedHeads.append((event.user, heads[event.user]))
            heads[event.user] = head
            events.append(event)
        }

        mutating func append(_ call: CallState) { calls.append(call) }

        /// Takes back what the piece of work has staged.
        mutating func rollBack() {
            for (user, head) in replacedHeads.reversed() { heads[user] = head }
            events.removeLast(events.count - eventsBefore)
            calls.removeLast(calls.count - callsBefore)
        }

        var commit: Commit {
            var commit = Commit()
            commit.events = events
            var seen: Set<CallID> = []
            commit.calls = calls.reversed().filter { seen.insert($0.id).inserted }
            return commit
        }
    }

    let db: Database
    let heads: FeedHeads
    var staged = Staged()
    /// The writer's; `nil` for readers, who see another moment.
    var cache: CallCache?

    init(_ db: Database, heads: FeedHeads, cache: CallCache? = nil) {
        self.db = db
        self.heads = heads
        self.cache = cache
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// A row that this version can't have written.
struct CorruptRow: Error {
    let column: String
}

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
