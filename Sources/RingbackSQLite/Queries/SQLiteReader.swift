import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// One consistent state of the database, together with what is in memory. The extensions contain the SQL, one file per
/// group of tables.
///
/// On the connection of a reader, the memory may be newer than the snapshot; where that matters it is detected
/// (``StaleSnapshot``). On the writer's connection, which ``SQLiteTransaction`` and ``CallBatch`` use, both are the
/// same.
class SQLiteReader: StoreReader {
    let db: Database
    let memory: StoreMemory
    /// The rows of the log that were read last.
    static let keptLogRows = 16
    var logRows: [StoredLogRow] = []
    /// Prepared when first needed, unless they are the connection's.
    var statements: LogStatements?

    /// `nil` on the writer's connection.
    var deadline: ReadDeadline?

    init(_ db: Database, _ memory: StoreMemory, _ statements: LogStatements? = nil) {
        self.db = db
        self.memory = memory
        self.statements = statements
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try deadline?.check()
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Reads the first row without copying it.
    func first<Value>(
        _ sql: String, _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws -> Value? {
        try deadline?.check()
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        // The row is only a view of the cursor.
        return try withExtendedLifetime(rows) { try rows.next().map(read) }
    }

    /// Reads all rows without copying them.
    func all<Value>(
        _ sql: String, _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws -> [Value] {
        try deadline?.check()
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try read(row)) }
        return values
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try deadline?.check()
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// A row that this version cannot have written.
struct CorruptRow: Error {
    let column: String
}

/// The snapshot of a reader and the memory differ where they must not. The read is repeated.
struct StaleSnapshot: Error {}

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

    /// The user and device in two columns, if they are not null.
    func participant(_ userColumn: String, _ deviceColumn: String) throws -> Participant? {
        guard let user = (self[userColumn] as String?).flatMap({ UserID($0) }),
            let device = try optionalDevice(deviceColumn)
        else { return nil }
        return Participant(userId: user, deviceId: device)
    }
}
