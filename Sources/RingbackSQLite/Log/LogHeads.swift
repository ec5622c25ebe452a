import GRDB
import RingbackModel
import Synchronization

/// The newest event of each user, in memory, so that the log needs no index.
///
/// At checkpoints, those that have changed are written to the table `feed_heads`. After a crash, later ones are read
/// from the log.
final class LogHeads: Sendable {
    struct Head: Sendable, Hashable {
        var event: Int64
        var position: Int64
        /// The milestone of the event.
        var milestone: Int64?

        /// The milestone of the next event.
        var nextMilestone: Int64? { position.isMultiple(of: LogHeads.milestoneDistance) ? event : milestone }
    }

    static let milestoneDistance: Int64 = 64
    private static let eventsPerCheckpoint = 20_000

    private struct State {
        /// Those that have changed since the last checkpoint.
        var fresh: [UserID: Head] = [:]
        var newestEvent: Int64
        /// The newest event covered by the last checkpoint.
        var until: Int64
        var events = 0
        var isWanted = false
        /// The newest event covered by the checkpoint that is about to be committed.
        var nextUntil: Int64?
    }

    private let state: Mutex<State>

    /// Reads what was written after the last checkpoint.
    init(_ db: Database) throws {
        let until = try Self.until(db)
        var fresh: [UserID: Head] = [:]
        var events = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT last, first, entries FROM log WHERE last > ? ORDER BY last", arguments: [until])
        while let row = try rows.next() {
            for (user, head) in try LogRow(row).heads {
                fresh[user] = head
                events += 1
            }
        }
        let newest = try SQLiteReader.newestEntry(db)
        state = Mutex(State(fresh: fresh, newestEvent: newest, until: until, events: events))
    }

    var newestEvent: Int64 { state.withLock(\.newestEvent) }

    /// The newest event of a user for the writer, which has nothing newer than the memory.
    func headForWriter(of user: UserID, _ db: Database) throws -> Head? {
        if let head = state.withLock({ $0.fresh[user] }) { return head }
        return try stored(user, db)
    }

    /// The newest event of a user that `db` sees.
    func head(of user: UserID, _ db: Database) throws -> Head? {
        let (head, until) = state.withLock { ($0.fresh[user], $0.until) }
        if let head, try head.event <= SQLiteReader.newestEntry(db) { return head }
        let seenUntil = try Self.until(db)
        guard head != nil || seenUntil < until else { return try stored(user, db) }
        // `db` may see an older state than the memory. What it sees is in the log, after its checkpoint.
        let log = try db.cachedStatement(
            sql: "SELECT last, first, entries FROM log WHERE last > ? ORDER BY last DESC")
        let rows = try Row.fetchCursor(log, arguments: [seenUntil])
        while let row = try rows.next() {
            if let head = try LogRow(row).heads.last(where: { $0.user == user })?.head { return head }
        }
        return try stored(user, db)
    }

    private func stored(_ user: UserID, _ db: Database) throws -> Head? {
        let statement = try db.cachedStatement(
            sql: "SELECT event_id, position, milestone FROM feed_heads WHERE user_id = ?")
        return try Row.fetchOne(statement, arguments: [user.rawValue])
            .map { Head(event: $0[0], position: $0[1], milestone: $0[2]) }
    }

    private static func until(_ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = 'heads_until'")
        return try String.fetchOne(statement).flatMap { Int64($0) } ?? 0
    }

    func commit(_ staged: CallBatch.Staged) {
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

    /// Requests a checkpoint at the end of this transaction: events after the last checkpoint can't be pruned.
    ///
    /// - Returns: Whether there are such events.
    @discardableResult
    func wantCheckpoint() -> Bool {
        state.withLock { state in
            state.isWanted = state.events > 0
            return state.isWanted
        }
    }

    /// If due, writes the heads to the table, and the calls whose rows are behind the log, in the transaction that is
    /// about to commit.
    func checkpointIfDue(_ batch: CallBatch) throws {
        let fresh = state.withLock { state in
            state.nextUntil = nil
            return state.isWanted || state.events >= Self.eventsPerCheckpoint ? state.fresh : nil
        }
        guard let fresh else { return }
        try batch.writeCallsBehind()
        batch.staged.historyUntil = try UnindexedHistory.checkpoint(batch.db)
        let heads = fresh.merging(batch.staged.heads) { $1 }
        let upsert = try batch.db.cachedStatement(
            sql: """
                INSERT INTO feed_heads (user_id, event_id, position, milestone) VALUES (?, ?, ?, ?)
                ON CONFLICT (user_id) DO UPDATE
                SET event_id = excluded.event_id, position = excluded.position, milestone = excluded.milestone
                """)
        for (user, head) in heads {
            try upsert.execute(arguments: [user.rawValue, head.event, head.position, head.milestone])
        }
        let until = batch.staged.newestEvent
        try batch.db.execute(
            sql: "UPDATE meta SET value = ? WHERE key = 'heads_until'", arguments: [String(until)])
        state.withLock { $0.nextUntil = until }
    }
}
