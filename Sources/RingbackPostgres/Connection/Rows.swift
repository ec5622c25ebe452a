import CLibpq
import RingbackModel

/// The result of a statement: rows in PostgreSQL's binary format, by their columns' places.
///
/// Stays where it was made: it is read by the thread that has the connection.
final class Rows {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    var count: Int { Int(PQntuples(result)) }

    /// How many rows the statement has written.
    var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// Reads each row.
    func map<Value>(_ read: (Row) throws -> Value) rethrows -> [Value] {
        try (0..<count).map { try read(Row(rows: self, index: Int32($0))) }
    }

    var first: Row? { count > 0 ? Row(rows: self, index: 0) : nil }

    fileprivate func field(_ row: Int32, _ column: Int) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(result, row, Int32(column)) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, Int32(column)), count: Int(PQgetlength(result, row, Int32(column))))
    }
}

/// A view of one row.
struct Row {
    fileprivate let rows: Rows
    fileprivate let index: Int32

    func optionalText(_ column: Int) -> String? {
        rows.field(index, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Of `bigint`, `integer` and `smallint`.
    func optionalInteger(_ column: Int) -> Int64? {
        rows.field(index, column).flatMap { field in
            switch field.count {
            case 8: Int64(bigEndian: field.loadUnaligned(as: Int64.self))
            case 4: Int64(Int32(bigEndian: field.loadUnaligned(as: Int32.self)))
            case 2: Int64(Int16(bigEndian: field.loadUnaligned(as: Int16.self)))
            default: nil
            }
        }
    }

    func optionalBytes(_ column: Int) -> [UInt8]? { rows.field(index, column).map { Array($0) } }

    func optionalTime(_ column: Int) -> Timestamp? { optionalInteger(column).map { Timestamp(milliseconds: $0) } }

    func optionalDevice(_ column: Int) -> DeviceID? { optionalText(column).flatMap { DeviceID($0) } }

    func bool(_ column: Int) -> Bool { rows.field(index, column)?.first == 1 }

    func text(_ column: Int) throws -> String { try value(optionalText(column), column) }
    func integer(_ column: Int) throws -> Int64 { try value(optionalInteger(column), column) }
    func bytes(_ column: Int) throws -> [UInt8] { try value(optionalBytes(column), column) }
    func time(_ column: Int) throws -> Timestamp { try value(optionalTime(column), column) }
    func user(_ column: Int) throws -> UserID { try value(UserID(text(column)), column) }
    func device(_ column: Int) throws -> DeviceID { try value(DeviceID(text(column)), column) }
    func call(_ column: Int) throws -> CallID { try value(CallID(text(column)), column) }

    func value<Value>(_ value: Value?, _ column: Int) throws -> Value {
        guard let value else { throw CorruptRow(column: column) }
        return value
    }
}

/// A row that no version of this store can have written.
struct CorruptRow: Error {
    let column: Int
}
