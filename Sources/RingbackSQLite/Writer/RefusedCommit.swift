import GRDB
import RingbackModel

/// What a commit that failed has left in the write-ahead log.
///
/// When a sync fails, SQLite takes the transaction back, but all of it is in the log already, with the right checksums: whoever opens
/// the database after a crash would find it committed. Another commit in its place makes it void: it overwrites the beginning, and a
/// checksum covers everything before it. As long as that fails too, nothing else is taken.
struct RefusedCommit {
    /// What was refused may be found as committed after a crash.
    private(set) var isPending = false

    /// Notes that a commit failed, and makes it void.
    ///
    /// - Returns: What is to be thrown for it.
    mutating func note(_ error: any Error, _ db: Database) -> any Error {
        // Without room the last frame was not written, and no transaction is complete without it.
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR else { return error }
        isPending = true
        try? makeVoid(db)
        return isPending ? UncertainCommit(cause: error) : error
    }

    /// Makes void what is pending. To be called before anything else is written.
    ///
    /// - Throws: `DatabaseError` as long as the disk fails.
    mutating func makeVoid(_ db: Database) throws {
        guard isPending else { return }
        try Self.probe(db)
        isPending = false
    }

    /// Commits something of no consequence.
    static func probe(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO meta (key, value) VALUES ('probes', '1')
                ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1
                """)
    }
}

/// A commit failed, and may be found as committed after a crash.
struct UncertainCommit: Error {
    let cause: DatabaseError
}

extension DatabaseError {
    /// Whether the disk, or what lies on it, is at fault, and not what was asked.
    var isOfStorage: Bool {
        switch resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_NOMEM, .SQLITE_BUSY,
            .SQLITE_NOLFS, .SQLITE_PERM, .SQLITE_PROTOCOL, .SQLITE_CORRUPT, .SQLITE_NOTADB:
            true
        default: false
        }
    }
}

extension Problem {
    /// - Parameter isUncertain: It is not known whether anything was written.
    static func notWritten(isUncertain: Bool) -> Problem {
        Problem(
            .storageUnavailable,
            isUncertain
                ? """
                The disk failed while this was written, and whether it is kept is not known. Try again later, with the same \
                Idempotency-Key.
                """
                : "Nothing was written. Try again later, with the same Idempotency-Key.",
            retryAfterSeconds: 5)
    }

    static var notRead: Problem {
        Problem(.storageUnavailable, "The database can't be read. Try again later.", retryAfterSeconds: 5)
    }

    /// The store was closed.
    static var storeClosed: Problem {
        Problem(.storageUnavailable, "The server is about to stop. Nothing was written.", retryAfterSeconds: 5)
    }
}
