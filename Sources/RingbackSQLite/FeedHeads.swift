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
        /// The event's own milestone.
        var milestone: Int64?

        /// What the next event's milestone is.
        var nextMilestone: Int64? { position.isMultiple(of: FeedHeads.milestoneDistance) ? event : milestone }
    }

    static let milestoneDistance: Int64 = 64
    private static let eventsPerCheckpoint = 20_000

    private struct State {
        /// Those that changed since the last checkpoint.
        var fresh: [UserID: Head] = [:]
        var newestEvent: Int64
        /// The newest event that the last checkpoint covers.
        var until: Int64
        var events = 0
        var isWanted = false
        /// What the checkpoint covers that is about to be committed.
        var nextUntil: Int64?
    }

    private let state: Mutex<State>

    /// Reads what came after the last checkpoint.
    init(_ db: Database) throws {
        let until = try Self.until(db)
        var fresh: [UserID: Head] = [:]
        var events = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT id, user_id, position, milestone FROM events WHERE id > ? ORDER BY id", arguments: [until])
        while let row = try rows.next() {
            guard let user = UserID(row[1] as String) else { continue }
            fresh[user] = Head(event: row[0], position: row[2], milestone: row[3])
            events += 1
        }
        let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM events") ?? 0
        state = Mutex(State(fresh: fresh, newestEvent: newest, until: until, events: events))
    }

    var newestEvent: Int64 { state.withLock(\.newestEvent) }

    /// The newest event of a user that the writer sees: there is nothing newer than the memory.
    func headForWriter(of user: UserID, _ db: Database) throws -> Head? {
        if let head = state.withLock({ $0.fresh[user] }) { return head }
        return try stored(user, db)
    }

    /// The newest event of a user that `db` sees.
    func head(of user: UserID, _ db: Database) throws -> Head? {
        let (head, until) = state.withLock { ($0.fresh[user], $0.until) }
        if let head, head.event <= (try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM events")) ?? 0) {
            return head
        }
        let seenUntil = try Self.until(db)
        guard head != nil || seenUntil < until else { return try stored(user, db) }
        // A reader that began before the memory's newest commit: what it sees is in the log, behind its checkpoint.
        let log = try db.cachedStatement(
            sql: "SELECT id, position, milestone FROM events WHERE id > ? AND user_id = ? ORDER BY id DESC LIMIT 1")
        let row = try Row.fetchOne(log, arguments: [seenUntil, user.rawValue])
        return try row.map { Head(event: $0[0], position: $0[1], milestone: $0[2]) } ?? stored(user, db)
    }

    private func stored(_ user: UserID, _ db: Database) throws -> Head? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT event_id, feed_heads.position, milestone
                FROM feed_heads LEFT JOIN events ON events.id = event_id WHERE feed_heads.user_id = ?
                """)
        return try Row.fetchOne(statement, arguments: [user.rawValue])
            .map { Head(event: $0[0], position: $0[1], milestone: $0[2]) }
    }

    private static func until(_ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = 'heads_until'")
        return try String.fetchOne(statement).flatMap { Int64($0) } ?? 0
    }

    func commit(_ staged: SQLiteSession.Staged) {
        state.withLock { state in
            state.newestEvent = staged.newestEvent
            if let until = state.nextUntil {
                state = State(newestEvent: staged.newestEvent, until: until)
            } else {
                state.fresh.merge(staged.heads) { $1 }
                state.events += staged.events.count
            }
        }
    }

    /// Asks for a checkpoint at the end of this transaction: events after the last one can't be pruned.
    func wantCheckpoint() { state.withLock { $0.isWanted = $0.events > 0 } }

    /// Writes the heads into the table, and the calls whose rows are behind, within the transaction that is about to commit.
    func checkpointIfDue(_ session: SQLiteSession) throws {
        let fresh = state.withLock { state in
            state.nextUntil = nil
            return state.isWanted || state.events >= Self.eventsPerCheckpoint ? state.fresh : nil
        }
        guard let fresh else { return }
        try session.writeCallsBehind()
        let heads = fresh.merging(session.staged.heads) { $1 }
        let upsert = try session.db.cachedStatement(
            sql: """
                INSERT INTO feed_heads (user_id, event_id, position) VALUES (?, ?, ?)
                ON CONFLICT (user_id) DO UPDATE SET event_id = excluded.event_id, position = excluded.position
                """)
        for (user, head) in heads { try upsert.execute(arguments: [user.rawValue, head.event, head.position]) }
        try session.db.execute(
            sql: "UPDATE meta SET value = (SELECT coalesce(max(id), 0) FROM events) WHERE key = 'heads_until'")
        let until = try Self.until(session.db)
        state.withLock { $0.nextUntil = until }
    }
}
