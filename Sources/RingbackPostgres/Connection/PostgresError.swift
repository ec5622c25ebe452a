import RingbackModel

/// What PostgreSQL, or the way to it, has refused.
struct PostgresError: Error, CustomStringConvertible {
    /// Five characters (PostgreSQL, appendix A); `nil` when the connection itself has failed.
    let state: String?
    let message: String

    /// What was read has been changed since.
    static let conflict = PostgresError(state: "40001", message: "another transaction was faster")

    static func lost(_ message: String) -> PostgresError { PostgresError(state: nil, message: message) }

    /// The transaction may succeed when it is done again: a deadlock, or a conflict with another.
    var isRetryable: Bool { state == "40001" || state == "40P01" }

    /// Another transaction held a lock for too long.
    var isLockTimeout: Bool { state == "55P03" }

    /// The connection can't be used any more, or is not one to the primary.
    var isLost: Bool {
        guard let state else { return true }
        return state.hasPrefix("08") || state.hasPrefix("57P") || state == "25006"
    }

    /// The database is away or can't take anything now; nothing is wrong with what it was asked.
    var isUnavailable: Bool {
        guard let state else { return true }
        // Insufficient resources, operator intervention, I/O errors, a time limit.
        return isLost || isRetryable || ["53", "57", "58", "55"].contains(state.prefix(2))
    }

    var description: String { state.map { "\(message) (SQLSTATE \($0))" } ?? message }
}

extension Problem {
    /// The database is away.
    static var databaseUnavailable: Problem {
        Problem(
            .storageUnavailable,
            "The database can't be reached now. Try again later, with the same Idempotency-Key: what was asked may have been done.",
            retryAfterSeconds: 2)
    }
}

extension Error {
    /// What the outside is told.
    var forClients: any Error { (self as? PostgresError)?.isUnavailable == true ? Problem.databaseUnavailable : self }
}
