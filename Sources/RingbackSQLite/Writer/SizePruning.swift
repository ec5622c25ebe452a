import GRDB
import RingbackCore

/// A step of removing the oldest content because the database has nearly reached its maximum size.
final class SizePruning: PendingWrite {
    /// Calls and rows of the log that a step removes, at most.
    private static let limit = 100

    let priority = WritePriority.essential
    /// Unchecked: accessed only on the writer's thread.
    nonisolated(unsafe) private var space: DatabaseSpace
    private let whenDone: @Sendable (_ hasRemoved: Bool) -> Void
    /// Unchecked: accessed only on the writer's thread.
    nonisolated(unsafe) private var hasRemoved = false

    /// - Parameter whenDone: Called on the writer's thread after the step, with `false` if there was nothing to remove
    ///   or it failed.
    init(_ space: DatabaseSpace, whenDone: @escaping @Sendable (_ hasRemoved: Bool) -> Void) {
        self.space = space
        self.whenDone = whenDone
    }

    func run(in transaction: SQLiteTransaction) throws {
        hasRemoved = try transaction.pruneOldest(limit: Self.limit) {
            let pages = try transaction.count("PRAGMA page_count") - transaction.count("PRAGMA freelist_count")
            try space.update(used: pages * transaction.count("PRAGMA page_size"))
            return space.isPruned
        }
    }

    func complete() { whenDone(hasRemoved) }

    func fail(_ error: any Error) { whenDone(false) }
}

extension SQLiteTransaction {
    fileprivate func count(_ sql: String) throws -> Int { try first(sql, []) { Int($0[0] as Int64) } ?? 0 }
}
