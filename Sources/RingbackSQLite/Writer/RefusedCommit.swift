import GRDB
import RingbackModel

/// Tracks what a failed commit has left in the write-ahead log.
///
/// If a sync fails, SQLite rolls the transaction back, but all of it is in the log already, with valid checksums: after
/// a crash it would be found as committed. Another commit makes it void, because it overwrites the beginning, and each
/// checksum covers everything before it. While that fails too, nothing else is committed.
struct RefusedCommit {
    /// Whether a failed commit may be found as committed after a crash.
    private(set) var isPending = false

    /// Records that a commit failed, and makes it void.
    ///
    /// - Returns: The error to throw.
    mutating func note(_ error: any Error, _ db: Database) -> any Error {
        // On a full disk, the last frame was not written, without which the transaction is incomplete.
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR else { return error }
        isPending = true
        try? makeVoid(db)
        return isPending ? UncertainCommit(cause: error) : error
    }

    /// Makes a failed commit void. Must be called before anything else is written.
    ///
    /// - Throws: `DatabaseError` while the disk fails.
    mutating func makeVoid(_ db: Database) throws {
        guard isPending else { return }
        try Self.probe(db)
        isPending = false
    }

    /// Commits a change without effect.
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
    /// Whether the cause is the disk or the file, and not the request.
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
    /// - Parameter isUncertain: Whether the change may have been written.
    static func notWritten(isUncertain: Bool) -> Problem {
        Problem(
            .storageUnavailable,
            isUncertain
                ? """
                The disk failed while this was written, and whether it is kept is not known. Try again later, with the same \
                Idempotency-Key.
                """
                : "Nothing was written. Retry later with the same Idempotency-Key.",
            retryAfterSeconds: 5)
    }

    static var notRead: Problem {
        Problem(.storageUnavailable, "The database can't be read. Retry later.", retryAfterSeconds: 5)
    }

    static var readTooLong: Problem {
        Problem(.storageUnavailable, "The database took too long to answer.", retryAfterSeconds: 1)
    }

    /// The store was closed.
    static var storeClosed: Problem {
        Problem(.storageUnavailable, "The server is shutting down. Nothing was written.", retryAfterSeconds: 5)
    }
}
