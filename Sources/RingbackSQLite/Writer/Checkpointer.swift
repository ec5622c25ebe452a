import GRDB
import GRDBSQLite
import Synchronization

/// Checkpoints the write-ahead log without delaying commits by thousands of pages.
///
/// A second connection copies what is there while the writer goes on. Then the writer copies the little that has come
/// since, after which SQLite begins the log anew: it does so only when everything is copied and nobody reads it. When
/// reads overlap, so that there is always one, new ones are held back until those that run have ended.
final class Checkpointer: Sendable {
    /// The number of pages from which a checkpoint begins.
    private static let pages: Int32 = 10_000
    /// Pages at which new reads are held back, for a moment, until those that run have ended: they overlap.
    private static let overlappingPages: Int32 = 20_000
    /// Pages at which the writer does all of it itself: the copying does not keep up.
    private static let mostPages: Int32 = 40_000

    private enum Phase {
        case idle, copying, copied
        /// Reads are held back, and some run.
        case closing
        /// Reads are held back, and none runs.
        case closed
    }

    private let connection: DatabaseQueue
    private let gate: ReadGate
    private let phase = Mutex(Phase.idle)
    private let onClosed = Mutex<@Sendable () -> Void>({})
    /// Pages in the log after the newest commit.
    private let size = Atomic<Int32>(0)

    init(path: String, gate: ReadGate) throws {
        var configuration = Configuration()
        configuration.label = "ringback.checkpoint"
        configuration.busyMode = .timeout(5)
        connection = try DatabaseQueue(path: path, configuration: configuration)
        self.gate = gate
    }

    /// Sets what lets the writer call ``afterCommit(_:)`` soon, also when it commits nothing. To be called once.
    func wakeWriter(_ wake: @escaping @Sendable () -> Void) { onClosed.withLock { $0 = wake } }

    /// Asks the writer's connection to tell the size of the log, in place of copying it by itself.
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
        enum Step { case copy, close, finish, finishAndOpen, none }
        let step = phase.withLock { phase -> Step in
            switch phase {
            case .idle:
                phase = .copying
                return .copy
            case .copied where size >= Self.overlappingPages:
                phase = .closing
                return .close
            case .copied:
                phase = .idle
                return .finish
            case .closed:
                phase = .idle
                return .finishAndOpen
            case .copying, .closing: return size >= Self.mostPages ? .finish : .none
            }
        }
        switch step {
        case .copy:
            connection.asyncWriteWithoutTransaction { [self] db in
                _ = try? db.checkpoint(.passive)
                phase.withLock { $0 = .copied }
            }
        case .close:
            gate.close { [self] in
                phase.withLock { $0 = .closed }
                onClosed.withLock(\.self)()
            }
        // What fails here is tried again: the log only grows meanwhile.
        case .finish: _ = try? writer.checkpoint(.passive)
        case .finishAndOpen:
            _ = try? writer.checkpoint(.passive)
            gate.open()
        case .none: break
        }
    }
}
