import GRDB
import RingbackCore
import RingbackModel
import Synchronization

/// The entries of histories that the table `history` does not have yet.
///
/// The table covers the calls up to `meta.history_until`, live or not. This holds the later calls that have ended.
final class UnindexedHistory: Sendable {
    fileprivate struct State {
        var until: Int64
        /// Of each user the keys of calls, with the other user of each.
        var calls: [UserID: [Int64: UserID]] = [:]
    }

    private let state: Mutex<State>

    /// Reads what was written after the last checkpoint.
    init(_ db: Database) throws {
        var state = State(until: try Self.until(db))
        let rows = try Row.fetchCursor(
            db,
            sql:
                "SELECT id, caller_id, callee_id, concealed FROM calls WHERE id > ? AND ended_at IS NOT NULL ORDER BY id",
            arguments: [state.until])
        while let row = try rows.next() {
            state.add(row[0], try row.user("caller_id"), try row.user("callee_id"), isConcealed: row[3])
        }
        self.state = Mutex(state)
    }

    /// The keys of calls in a user's history that the table doesn't have, newest first. Some it may have.
    ///
    /// - Parameter peer: The other user; `nil` for any.
    /// - Throws: ``StaleSnapshot`` when `db` sees the table as it was before the last checkpoint.
    func keys(of user: UserID, with peer: UserID?, before: Int64, _ db: Database) throws -> [Int64] {
        let (until, calls) = state.withLock { ($0.until, $0.calls[user] ?? [:]) }
        guard try Self.until(db) >= until else { throw StaleSnapshot() }
        return calls.lazy.filter { $0.key < before && (peer == nil || $0.value == peer) }.map(\.key).sorted(by: >)
    }

    /// Updates the table, in the transaction that is about to commit. All calls must have rows.
    ///
    /// - Returns: The last call that the table then covers.
    static func checkpoint(_ db: Database) throws -> Int64 {
        let old = try until(db)
        try db.execute(
            sql: """
                INSERT INTO history (user_id, call)
                SELECT caller_id, id FROM calls WHERE id > :until
                UNION ALL SELECT callee_id, id FROM calls WHERE id > :until AND NOT concealed ORDER BY 1, 2
                """, arguments: ["until": old])
        try db.execute(
            sql: """
                INSERT INTO history_by_peer (user_id, peer_id, call)
                SELECT caller_id, callee_id, id FROM calls WHERE id > :until
                UNION ALL SELECT callee_id, caller_id, id FROM calls WHERE id > :until AND NOT concealed
                ORDER BY 1, 2, 3
                """, arguments: ["until": old])
        let new = try Int64.fetchOne(db, sql: "SELECT max(id) FROM calls") ?? old
        try db.execute(sql: "UPDATE meta SET value = ? WHERE key = 'history_until'", arguments: [String(new)])
        return new
    }

    /// Takes the calls of a committed transaction.
    ///
    /// - Parameter until: The result of a checkpoint in the transaction.
    func commit(_ calls: some Sequence<CallDraft>, until: Int64?) {
        state.withLock { state in
            if let until { state = State(until: until) }
            for draft in calls where !draft.entry.call.isLive && draft.entry.key > state.until {
                let call = draft.entry.call
                state.add(draft.entry.key, call.caller.userId, call.callee, isConcealed: call.isConcealed)
            }
        }
    }

    private static func until(_ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = 'history_until'")
        return try String.fetchOne(statement).flatMap { Int64($0) } ?? 0
    }
}

extension UnindexedHistory.State {
    fileprivate mutating func add(_ key: Int64, _ caller: UserID, _ callee: UserID, isConcealed: Bool) {
        calls[caller, default: [:]][key] = callee
        if !isConcealed { calls[callee, default: [:]][key] = caller }
    }
}
