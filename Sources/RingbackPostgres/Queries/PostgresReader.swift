import RingbackCore
import RingbackModel

/// One consistent state of the database, within a transaction of the connection. The extensions hold the SQL, a file
/// for each group of tables. Each method is a round trip.
class PostgresReader: StoreReader {
    let connection: PostgresConnection
    /// What begins the transaction; sent with the first statement.
    private var begin: [Statement]

    init(_ connection: PostgresConnection, begin: [Statement]) {
        self.connection = connection
        self.begin = begin
    }

    /// Runs `work` on one state.
    ///
    /// - Throws: What `work` throws; ``PostgresError``.
    static func read<Value>(_ connection: PostgresConnection, _ work: (any StoreReader) throws -> Value) throws -> Value
    {
        var tries = 0
        while true {
            tries += 1
            do {
                let reader = PostgresReader(
                    connection, begin: [Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")])
                let value = try work(reader)
                try reader.end()
                return value
            } catch {
                connection.rollBack()
                // The first use of a connection may be when it is found to be lost.
                guard tries == 1, let error = error as? PostgresError, error.isLost else { throw error }
            }
        }
    }

    /// Ends the transaction, if it was begun.
    ///
    /// - Parameter last: What is sent with the commit.
    func end(_ last: [Statement] = []) throws {
        if begin.isEmpty { _ = try connection.run(last + [Statement("COMMIT")]) }
    }

    @discardableResult
    func rows(_ statement: Statement) throws -> Rows {
        defer { begin = [] }
        return try connection.run(begin + [statement])[begin.count]
    }

    func all<Value>(_ sql: String, _ parameters: SQLValue..., read: (Row) throws -> Value) throws -> [Value] {
        try rows(Statement(sql, all: parameters)).map(read)
    }

    func first<Value>(_ sql: String, _ parameters: SQLValue..., read: (Row) throws -> Value) throws -> Value? {
        try rows(Statement(sql, all: parameters)).first.map(read)
    }
}
