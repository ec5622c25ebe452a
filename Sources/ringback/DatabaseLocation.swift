import Foundation
import Logging
import RingbackCore
import RingbackPostgres
import RingbackSQLite

/// Which store, and where: the one place that chooses.
enum DatabaseLocation: CustomStringConvertible {
    case sqlite(path: String)
    case postgresql(PostgresURL)

    /// Nothing secret.
    var description: String {
        switch self {
        case .sqlite(let path): path
        case .postgresql(let url): url.description
        }
    }

    /// Whether several processes may serve the database.
    var isShared: Bool { if case .postgresql = self { true } else { false } }

    /// What the server goes by.
    func time() -> any Timekeeper {
        switch self {
        case .sqlite: SystemTime()
        case .postgresql: DatabaseTime()
        }
    }

    /// - Parameters:
    ///   - node: The name of this process among those that use the database.
    ///   - maximumBytes: The maximum size of the database; `nil` for none.
    ///   - time: What ``time()`` has returned.
    /// - Throws: ``CommandError``.
    func open(node: String, maximumBytes: Int?, time: any Timekeeper, logger: Logger) throws -> any Store {
        try explaining {
            switch self {
            case .sqlite(let path): try SQLiteStore(path: path, maximumBytes: maximumBytes, logger: logger)
            case .postgresql(let url):
                try PostgresStore(url: url, node: node, time: time, maximumBytes: maximumBytes, logger: logger)
            }
        }
    }

    /// Bytes of the disk that a SQLite database has or may get. The disk of a PostgreSQL database is not known here.
    var defaultMaximumBytes: Int? {
        guard case .sqlite(let path) = self else { return nil }
        var (fileSystem, file) = (statvfs(), stat())
        guard statvfs(URL(fileURLWithPath: path).deletingLastPathComponent().path, &fileSystem) == 0 else {
            return nil
        }
        let used = stat(path, &file) == 0 ? Int(file.st_size) : 0
        let available = Int(clamping: fileSystem.f_bavail * UInt(fileSystem.f_frsize))
        // A database that exists is not made smaller because other files have taken the space.
        return max((available + used) / 4 * 3, used / 2 * 3)
    }

    /// Applies pending migrations.
    ///
    /// - Returns: The numbers of those that were applied.
    /// - Throws: ``CommandError``.
    func migrate() throws -> [Int] {
        try explaining {
            switch self {
            case .sqlite(let path): try SQLiteStore.migrate(path: path)
            case .postgresql(let url): try PostgresStore.migrate(url: url)
            }
        }
    }

    /// Performs `work` on the server keys; a server may be using the database.
    ///
    /// - Throws: ``CommandError``.
    func keys<Value>(_ work: (any ServerKeyWriter) throws -> Value) throws -> Value {
        try explaining {
            switch self {
            case .sqlite(let path): try SQLiteStore.keys(path: path, work)
            case .postgresql(let url): try PostgresStore.keys(url: url, work)
            }
        }
    }

    /// Gives the event log a new epoch.
    ///
    /// - Throws: ``CommandError``.
    func renewEpoch() throws {
        // A backup may be older than this version, and what is not a database of ours is told from one.
        _ = try migrate()
        try explaining {
            switch self {
            case .sqlite(let path): try SQLiteStore.renewEpoch(path: path)
            case .postgresql(let url): try PostgresStore.renewEpoch(url: url)
            }
        }
    }

    /// Checks it without changing it.
    func check(_ depth: StoreFinding.Depth) -> [StoreFinding] {
        switch self {
        case .sqlite(let path): SQLiteStore.check(path: path, depth)
        case .postgresql(let url): PostgresStore.check(url: url, depth)
        }
    }

    /// - Throws: ``CommandError`` for a file that does not exist. It would be made otherwise.
    func requireExistence() throws {
        guard case .sqlite(let path) = self, !FileManager.default.fileExists(atPath: path) else { return }
        throw CommandError(
            "The database \(path) does not exist. Copy the backup there first, or specify its path with --database.")
    }

    /// - Throws: ``CommandError`` if SQLite's write-ahead log lies beside the file. SQLite applies it to whatever file
    ///   has the name, which damages a copy that it does not belong to.
    func requireNoLog() throws {
        guard case .sqlite(let path) = self, FileManager.default.fileExists(atPath: path + "-wal") else { return }
        throw CommandError(
            """
            \(path)-wal exists. If a server is running, stop it. If the file is from before the restore, move it and \
            \(path)-shm away: it would damage the restored database. If it is part of the backup, run: sqlite3 \(path) \
            'PRAGMA wal_checkpoint(TRUNCATE)'
            """)
    }

    /// Says what is wrong with the database without the SQL that found it.
    private func explaining<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch {
            let reason = "\(error)".components(separatedBy: " - while executing")[0]
            throw CommandError("The database \(self) can't be used: \(reason)")
        }
    }
}
