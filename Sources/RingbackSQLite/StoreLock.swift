#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Prevents a second process from opening the database, because the newest positions of the logs are in the memory of
/// the first.
///
/// The lock is released when the store is closed. The system releases it when the process ends for any reason.
final class StoreLock: Sendable {
    struct Taken: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "Another ringback process is using the database (it holds \(path)). Stop it, or choose another database."
        }
    }

    private let descriptor: Int32

    init(database path: String) throws {
        let path = path + ".lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError.cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Taken(path: path)
        }
    }

    /// Lets another process, or another store of this one, open the database.
    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}

/// Why a database can't be opened.
package enum StoreError: Error, CustomStringConvertible {
    case cannotOpen(path: String, reason: String)
    case notDurable(synchronous: Int)

    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "\(path) can't be opened: \(reason)."
        case .notDurable(let synchronous): "SQLite refuses synchronous=FULL (it says \(synchronous))."
        }
    }
}
