import GRDB
import GRDBSQLite
import Synchronization

/// Checkpoints the write-ahead log without delaying commits by thousands of pages.
///
/// A second connection copies the pages while the writer continues. Then the writer copies the few that were added
/// since, after which SQLite restarts the log; it does so only when all pages are copied and nobody reads them.
final class Checkpointer: Sendable {
    /// The number of pages from which a checkpoint begins.
    private static let pages: Int32 = 10_000
    /// The number of pages from which the writer performs the whole checkpoint itself, because the second connection
    /// does not keep up.
    private static let mostPages: Int32 = 40_000

    private enum Phase { case idle, copying, copied }

    private let connection: DatabaseQueue
    private let phase = Mutex(Phase.idle)
    /// The number of pages in the log after the last commit.
    private let size = Atomic<Int32>(0)

    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "ringback.checkpoint"
        configuration.busyMode = .timeout(5)
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Replaces the automatic checkpoint of the writer's connection by recording the size of the log.
    ///
    /// The connection must not commit after the checkpointer was released.
    func observe(_ writer: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            writer.sqliteConnection,
            { context, _, _, pages in
                if let context {
                    Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue()
                        .size.store(pages, ordering: .relaxed)
                }
                return SQLITE_OK
            }, context)
    }

    /// Copies all pages of the log and closes the connection, after a checkpoint in progress. Must be called after all
    /// other connections are closed: the last one removes the log, which readers may not do.
    func close() throws {
        _ = try connection.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try connection.close()
    }

    /// Performs the part of a checkpoint that is due. Called by the writer after it has completed the jobs of a commit.
    func afterCommit(_ writer: Database) {
        let size = size.load(ordering: .relaxed)
        guard size >= Self.pages else { return }
        let (begins, finishes) = phase.withLock { phase in
            switch phase {
            case .idle:
                phase = .copying
                return (true, false)
            case .copied:
                phase = .idle
                return (false, true)
            case .copying: return (false, size >= Self.mostPages)
            }
        }
        if begins {
            connection.asyncWriteWithoutTransaction { [self] db in
                _ = try? db.checkpoint(.passive)
                phase.withLock { $0 = .copied }
            }
        }
        // A failure is repeated later: the log only grows until then.
        if finishes { _ = try? writer.checkpoint(.passive) }
    }
}
