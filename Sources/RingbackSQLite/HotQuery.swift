import GRDB

/// What is read with every invitation: by a statement of the writer's own, or as any other query.
enum HotQuery {
    /// Of a user.
    case account
    /// Of a user.
    case devices
    /// Of a user, by another.
    case block

    var sql: String {
        switch self {
        case .account: "\(SQLiteSession.selectAccount) WHERE user_id = ? AND erased_at IS NULL"
        case .devices: "\(SQLiteSession.selectDevice) WHERE user_id = ?"
        case .block: "SELECT 1 FROM blocks WHERE blocked_id = ? AND blocker_id = ?"
        }
    }
}

extension SQLiteSession {
    func all<Value>(_ query: HotQuery, _ arguments: [String], _ read: (any Columns) throws -> Value) throws -> [Value] {
        guard let statement = statements?[query] else {
            return try all(query.sql, StatementArguments(arguments)) { try read($0) }
        }
        for argument in arguments { statement.bind(argument) }
        return try statement.rows { try read($0) }
    }
}
