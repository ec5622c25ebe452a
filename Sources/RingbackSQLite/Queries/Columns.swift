import Foundation
import GRDB
import RingbackModel

/// The columns of a row by index, for the store's own statements and for GRDB's rows.
protocol Columns {
    func text(_ column: Int) -> String?
    func integer(_ column: Int) -> Int64?
    func bytes(_ column: Int) -> [UInt8]?
}

extension Row: Columns {
    func text(_ column: Int) -> String? { self[column] }
    func integer(_ column: Int) -> Int64? { self[column] }
    func bytes(_ column: Int) -> [UInt8]? {
        // The data is a view of what SQLite has, and only the array a copy.
        (try? withUnsafeData(atIndex: column) { $0.map { Array($0) } }) ?? nil
    }
}

extension Columns {
    /// - Throws: ``CorruptRow``.
    func value<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw CorruptRow(column: name) }
        return value
    }

    func time(_ column: Int) -> Timestamp? { integer(column).map { Timestamp(milliseconds: $0) } }
}
