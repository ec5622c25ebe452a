import GRDB
import GRDBSQLite
import Synchronization

/// Copies the write-ahead log into the database beside the writer, so that no commit waits for thousands of pages.
///
/// A second connection copies what is there while the writer goes on. Then the writer copies the little that has come since,
/// after which SQLite begins the log anew: it does so only when everything is copied and nobody reads it.
final class Checkpointer: Sendable {
    /// Pages of the log that are worth copying.
    private static let pages: Int32 = 10_000
    /// Pages at which the writer does all of it itself: the copying does not keep up.
    private static let mostPages: Int32 = 40_000

    private enum Phase { case idle, copying, copied }

    private let connection: DatabaseQueue
    private let phase = Mutex(Phase.idle)
    /// Pages in the log after the newest commit.
    private let size = Atomic<Int32>(0)

    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "ringback.checkpoint"
        configuration.busyMode = .timeout(5)
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Asks the writer's connection to tell the size of the log, in place of copying it by itself.
    ///
    /// The connection must not commit any more when the checkpointer is gone.
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

    /// Copies all of the log and closes the connection, when the copying that is under way has ended. To be called when all others are
    /// closed: the last connection removes the log, which those of readers may not.
    func close() throws {
        _ = try connection.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try connection.close()
    }

    /// Does what is due. To be called by the writer when it has answered what it has committed.
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
        // What fails here is tried again: the log only grows meanwhile.
        if finishes { _ = try? writer.checkpoint(.passive) }
    }
}
