import GRDB
import RingbackModel
import Synchronization

/// Each user's newest event, in memory, so that the log needs no index.
///
/// Every so many events the ones that changed go to the table `feed_heads`; after a crash the rest is read from the log.
final class FeedHeads: Sendable {
    struct Head: Sendable, Hashable {
        var event: Int64
        var position: Int64
    }

    private static let eventsPerCheckpoint = 10_000

    private struct State {
        /// Those that changed since the last checkpoint.
        var fresh: [UserID: Head] = [:]
        var events = 0
        var isWanted = false
        var isCheckpointed = false
    }

    private let state: Mutex<State>

    /// Reads what came after the last checkpoint.
    init(_ db: Database) throws {
        let until = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'heads_until'").flatMap {
            Int64($0)
        }
        var fresh: [UserID: Head] = [:]
        var events = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT id, user_id, position FROM events WHERE id > ? ORDER BY id", arguments: [until ?? 0])
        while let row = try rows.next() {
            guard let user = UserID(row[1] as String) else { continue }
            fresh[user] = Head(event: row[0], position: row[2])
            events += 1
        }
        state = Mutex(State(fresh: fresh, events: events))
    }

    /// The newest committed event of a user.
    func head(of user: UserID, _ db: Database) throws -> Head? {
        if let head = state.withLock({ $0.fresh[user] }) { return head }
        let statement = try db.cachedStatement(sql: "SELECT event_id, position FROM feed_heads WHERE user_id = ?")
        return try Row.fetchOne(statement, arguments: [user.rawValue]).map { Head(event: $0[0], position: $0[1]) }
    }

    func commit(_ heads: [UserID: Head], events: Int) {
        state.withLock { state in
            if state.isCheckpointed { state = State() } else { state.fresh.merge(heads) { $1 } }
            state.events += events
        }
    }

    /// Asks for a checkpoint at the end of this transaction: events after the last one can't be pruned.
    func wantCheckpoint() { state.withLock { $0.isWanted = $0.events > 0 } }

    /// Writes the heads into the table, within the transaction that is about to commit.
    func checkpointIfDue(_ session: SQLiteSession) throws {
        let fresh = state.withLock { state in
            state.isCheckpointed = false
            return state.isWanted || state.events >= Self.eventsPerCheckpoint ? state.fresh : nil
        }
        guard let fresh else { return }
        let heads = fresh.merging(session.staged.heads) { $1 }
        let upsert = try session.db.cachedStatement(
            sql: """
                INSERT INTO feed_heads (user_id, event_id, position) VALUES (?, ?, ?)
                ON CONFLICT (user_id) DO UPDATE SET event_id = excluded.event_id, position = excluded.position
                """)
        for (user, head) in heads { try upsert.execute(arguments: [user.rawValue, head.event, head.position]) }
        try session.db.execute(
            sql: "UPDATE meta SET value = (SELECT coalesce(max(id), 0) FROM events) WHERE key = 'heads_until'")
        state.withLock { $0.isCheckpointed = true }
    }
}
