import GRDB
import GRDBSQLite
import RingbackModel

/// A statement that runs very often. Binding values does not allocate.
final class HotStatement {
    // GRDB's statement owns the handle.
    private let statement: Statement
    private let handle: OpaquePointer
    private var parameter: Int32 = 0
    private var status = SQLITE_OK
    /// Bound values, copied here while there is room, so that SQLite need not copy each of them.
    private let values = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
    private var used = 0

    init(_ db: Database, _ sql: String) throws {
        statement = try db.makeStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    deinit { values.deallocate() }

    // MARK: The next parameter

    func bind(_ value: Int64?) {
        guard let value else { return bindNull() }
        note(sqlite3_bind_int64(handle, next(), value))
    }

    func bind(_ value: Int) { bind(Int64(value)) }

    func bind(_ value: Bool) { bind(value ? 1 as Int64 : 0) }

    func bind(_ value: String?) {
        guard let value else { return bindNull() }
        value.readUTF8 { bind(text: UnsafeRawBufferPointer($0)) }
    }

    func bind(_ value: [UInt8]?) {
        guard let value else { return bindNull() }
        value.withUnsafeBytes { bytes in
            // Empty bytes may have a null address, which would be bound as NULL.
            if bytes.isEmpty { return note(sqlite3_bind_zeroblob(handle, next(), 0)) }
            let (address, destructor) = kept(bytes)
            note(sqlite3_bind_blob(handle, next(), address, Int32(bytes.count), destructor))
        }
    }

    /// Binds bytes that stay at their address until the statement has run.
    func bind(lasting bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return note(sqlite3_bind_zeroblob(handle, next(), 0)) }
        note(sqlite3_bind_blob(handle, next(), bytes.baseAddress, Int32(bytes.count), nil))
    }

    /// Binds UTF-8 for a column of type TEXT.
    func bind(text value: [UInt8]) { value.withUnsafeBytes { bind(text: $0) } }

    private func bind(text bytes: UnsafeRawBufferPointer) {
        let (address, destructor) = kept(bytes)
        let text = address?.assumingMemoryBound(to: CChar.self)
        note(sqlite3_bind_text(handle, next(), text, Int32(bytes.count), destructor))
    }

    /// The address of the bytes until the statement has run, and what SQLite must do with them.
    private func kept(_ bytes: UnsafeRawBufferPointer) -> (UnsafeRawPointer?, sqlite3_destructor_type?) {
        guard bytes.count <= values.count - used else { return (bytes.baseAddress, Self.copied) }
        let place = UnsafeMutableRawBufferPointer(rebasing: values[used..<used + bytes.count])
        place.copyMemory(from: bytes)
        used += bytes.count
        return (UnsafeRawPointer(place.baseAddress), nil)
    }

    private func bindNull() { note(sqlite3_bind_null(handle, next())) }

    private func next() -> Int32 {
        parameter += 1
        return parameter
    }

    private func note(_ code: Int32) { if status == SQLITE_OK { status = code } }

    // MARK: Reading

    /// Runs the statement with the bound values and reads its rows.
    ///
    /// - Throws: `DatabaseError`; errors of `read`.
    func rows<Value>(_ read: (HotStatement) throws -> Value) throws -> [Value] {
        defer { reset() }
        var values: [Value] = []
        while try step() { values.append(try read(self)) }
        return values
    }

    /// Runs the statement with the bound values and reads its first row; `nil` if there is none.
    ///
    /// - Throws: `DatabaseError`; errors of `read`.
    func first<Value>(_ read: (HotStatement) throws -> Value) throws -> Value? {
        defer { reset() }
        return try step() ? try read(self) : nil
    }

    // MARK: Running

    /// Runs the statement with the bound values.
    ///
    /// - Throws: `DatabaseError`.
    func run() throws {
        defer { reset() }
        _ = try step()
    }

    /// - Returns: Whether there is a row.
    private func step() throws -> Bool {
        if status == SQLITE_OK { status = sqlite3_step(handle) }
        switch status {
        case SQLITE_DONE: return false
        case SQLITE_ROW:
            status = SQLITE_OK
            return true
        default:
            let message = sqlite3_db_handle(handle).map { String(cString: sqlite3_errmsg($0)) }
            throw DatabaseError(resultCode: ResultCode(rawValue: status), message: message)
        }
    }

    private func reset() {
        sqlite3_reset(handle)
        parameter = 0
        used = 0
        status = SQLITE_OK
    }

    /// SQLite makes its own copy before the binding returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

extension HotStatement: Columns {
    func text(_ column: Int) -> String? {
        bytes(sqlite3_column_text(handle, Int32(column)), column).map { String(decoding: $0, as: UTF8.self) }
    }

    func integer(_ column: Int) -> Int64? {
        let column = Int32(column)
        return sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    func bytes(_ column: Int) -> [UInt8]? {
        guard sqlite3_column_type(handle, Int32(column)) != SQLITE_NULL else { return nil }
        // Empty bytes have no address.
        return bytes(sqlite3_column_blob(handle, Int32(column)), column).map { Array($0) } ?? []
    }

    private func bytes(_ address: UnsafeRawPointer?, _ column: Int) -> UnsafeRawBufferPointer? {
        guard let address else { return nil }
        return UnsafeRawBufferPointer(start: address, count: Int(sqlite3_column_bytes(handle, Int32(column))))
    }
}
