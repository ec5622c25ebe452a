import GRDB
import RingbackCore
import RingbackModel

extension SQLiteReader {
    func call(_ id: CallID) throws -> CallState? { try entry(of: id)?.call }

    /// A call from memory, or from its row.
    func entry(of id: CallID) throws -> LiveTable.Entry? {
        if let entry = memory.live[id] { return entry }
        let entry = try first("SELECT * FROM calls WHERE call_id = ?", [id.rawValue]) { row in
            // The call was live in memory, so it has ended since this reader began.
            if row.optionalTime("ended_at") == nil {
                if memory.live.isDamaged(id) { throw CorruptRow(column: "calls") }
                throw StaleSnapshot()
            }
            return try LiveTable.Entry(row, clock: memory.clock)
        }
        if entry == nil { try requireThatNothingEnded(of: nil) }
        return entry
    }

    /// Checks that no call has ended since this reader began: such a call may be neither in the rows that it sees nor
    /// in memory any more.
    ///
    /// - Parameter user: The user whose calls are read; `nil` for any.
    /// - Throws: ``StaleSnapshot``.
    private func requireThatNothingEnded(of user: UserID?) throws {
        if try memory.live.newestEnd(of: user) > newestEntry() { throw StaleSnapshot() }
    }

    func liveCalls(of user: UserID) throws -> [CallState] { memory.live.calls(of: user) }

    func liveCalls() throws -> [CallState] { memory.live.calls }

    func history(_ query: HistoryQuery) throws -> [CallState] {
        var before = Int64.max
        if let id = query.before, let key = try entry(of: id)?.key { before = key }
        let live = liveHistory(query, before: before)
        let page: [Keyed]
        switch query.filter {
        case .live, .state(.inviting), .state(.ringing), .state(.connecting), .state(.active): page = live
        case .state(.ended): page = try endedHistory(query, before: before)
        case nil:
            let ended = try endedHistory(query, before: before)
            // The end of a call reaches the memory a little later than the rows.
            let keys = Set(ended.map(\.key))
            page = (live.filter { !keys.contains($0.key) } + ended).sorted { $0.key > $1.key }
        }
        try requireThatNothingEnded(of: query.user)
        return page.prefix(query.limit).map(\.call)
    }

    private typealias Keyed = (key: Int64, call: CallState)

    /// Ended calls from the table `history`, newest first. Live calls are read from memory, because their rows are
    /// behind or missing.
    private func endedHistory(_ query: HistoryQuery, before: Int64) throws -> [Keyed] {
        let recent = try recentHistory(query, before: before)
        let recentKeys = Set(recent.map(\.key))
        let older = try all(
            Self.history(isWithPeer: query.with != nil), Self.arguments(query, before: before), Self.keyed)
        return (recent + older.filter { !recentKeys.contains($0.key) }).sorted { $0.key > $1.key }
    }

    static func history(isWithPeer: Bool) -> String {
        """
        SELECT calls.* FROM \(isWithPeer ? "history_by_peer" : "history") AS history
        CROSS JOIN calls ON calls.id = history.call
        WHERE history.user_id = :user \(isWithPeer ? "AND history.peer_id = :with" : "")
            AND history.call < :before AND ended_at IS NOT NULL
        ORDER BY history.call DESC LIMIT :limit
        """
    }

    private static func arguments(_ query: HistoryQuery, before: Int64) -> StatementArguments {
        var arguments: StatementArguments = ["user": query.user.rawValue, "before": before, "limit": query.limit]
        if let with = query.with { arguments += ["with": with.rawValue] }
        return arguments
    }

    /// Of what the table `history` does not have yet.
    private func recentHistory(_ query: HistoryQuery, before: Int64) throws -> [Keyed] {
        var page: [Keyed] = []
        for key in try memory.unindexed.keys(of: query.user, with: query.with, before: before, db) {
            if page.count == query.limit { break }
            if let row = try first("SELECT * FROM calls WHERE id = ? AND ended_at IS NOT NULL", [key], Self.keyed) {
                page.append(row)
            }
        }
        return page
    }

    private static func keyed(_ row: Row) throws -> Keyed { (row["id"], try CallRow.state(row)) }

    /// Live calls from memory, newest first.
    private func liveHistory(_ query: HistoryQuery, before: Int64) -> [Keyed] {
        memory.live.entries(of: query.user).reversed().lazy
            .filter { entry in
                let call = entry.call
                guard entry.key < before, call.caller.userId == query.user || !call.isConcealed else { return false }
                guard query.isWith(call) else { return false }
                if case .state(let state) = query.filter { return call.state == state }
                return true
            }
            .map { ($0.key, $0.call) }
    }
}

extension HistoryQuery {
    /// Whether the other party of a call is the requested one.
    fileprivate func isWith(_ call: CallState) -> Bool {
        with == nil || with == (call.caller.userId == user ? call.callee : call.caller.userId)
    }
}
