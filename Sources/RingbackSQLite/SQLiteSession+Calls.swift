import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func call(_ id: CallID) throws -> CallState? { try draft(of: id)?.entry.call }

    func invitedCall(_ key: WriteKey, of device: DeviceID) throws -> CallID? {
        for draft in staged.calls.values
        where draft.entry.call.invitationKeys.contains(where: { $0.device == device && $0.key.id == key.id }) {
            return draft.id
        }
        return live.invitedCall(key, of: device)
    }

    /// A call as this piece of work has left it, or as it is in memory, or in its row.
    func draft(of id: CallID) throws -> CallDraft? {
        if let current, current.id == id { return current }
        if let draft = staged.calls[id] {
            current = draft
        } else if let entry = try live[id] ?? storedEntry(of: id) {
            current = CallDraft(entry, isStaged: false)
        } else {
            try requireThatNothingEnded(of: nil)
            return nil
        }
        return current
    }

    /// - Parameter user: Whose calls were asked for; `nil` when that is not known.
    /// - Throws: ``StaleMoment`` for a reader, when a call has ended since it began: it may be neither in the rows that it
    ///   sees nor in memory any more.
    private func requireThatNothingEnded(of user: UserID?) throws {
        guard statements == nil else { return }
        if try live.newestEnd(of: user) > newestEntry() { throw StaleMoment() }
    }

    private func storedEntry(of id: CallID) throws -> LiveTable.Entry? {
        try first("SELECT * FROM calls WHERE call_id = ?", [id.rawValue]) { try LiveTable.Entry(checked($0)) }
    }

    /// A row of a call that is not in memory.
    ///
    /// - Throws: ``StaleMoment`` for a call that lives by its row: it has ended since this reader began.
    private func checked(_ row: Row) throws -> Row {
        if statements == nil, row.optionalTime("ended_at") == nil { throw StaleMoment() }
        return row
    }

    /// A call that is known to be there.
    func requireDraft(of id: CallID) throws -> CallDraft {
        guard let draft = try draft(of: id) else { throw CorruptRow(column: "call_id") }
        return draft
    }

    func liveCalls(of user: UserID) throws -> [CallState] {
        try current(live.entries(of: user).map(\.call), staged: { $0.caller.userId == user || $0.callee == user })
            .filter { $0.caller.userId == user || !$0.isConcealed }
    }

    func liveCalls() throws -> [CallState] { try current(live.calls, staged: { _ in true }) }

    /// Calls from memory, oldest first, with what this transaction has done to them.
    private func current(_ calls: [CallState], staged isWanted: (CallState) -> Bool) throws -> [CallState] {
        if staged.calls.isEmpty { return calls }
        let known = Set(calls.map(\.id))
        let new = staged.calls.values.filter { !known.contains($0.id) && isWanted($0.entry.call) }
            .sorted { $0.entry.key < $1.entry.key }.map(\.entry.call)
        return (calls.map { staged.calls[$0.id]?.entry.call ?? $0 } + new).filter(\.isLive)
    }

    func dueCalls(at now: Timestamp, limit: Int) throws -> [CallID] { live.due(at: now, limit: limit) }

    func nextDeadline() throws -> Timestamp? { live.nextDeadline }

    func history(_ query: HistoryQuery) throws -> [CallState] {
        var before = Int64.max
        if let id = query.before, let key = try draft(of: id)?.entry.key { before = key }
        let live = liveHistory(query, before: before)
        let page: [Keyed]
        switch query.filter {
        case .live, .state(.inviting), .state(.ringing), .state(.connecting), .state(.active): page = live
        case .state(.ended): page = try endedHistory(query, before: before)
        case nil:
            let ended = try endedHistory(query, before: before)
            // Memory hears of an end a little later than the rows.
            let keys = Set(ended.map(\.key))
            page = (live.filter { !keys.contains($0.key) } + ended).sorted { $0.key > $1.key }
        }
        try requireThatNothingEnded(of: query.user)
        return page.prefix(query.limit).map(\.call)
    }

    private typealias Keyed = (key: Int64, call: CallState)

    /// From the rows, newest first. The rows of live calls are behind, or not there: only the memory knows these.
    private func endedHistory(_ query: HistoryQuery, before: Int64) throws -> [Keyed] {
        let recent = try recentHistory(query, before: before)
        let recentKeys = Set(recent.map(\.key))
        let older = try all(
            """
            SELECT calls.* FROM history CROSS JOIN calls ON calls.id = history.call
            WHERE history.user_id = :user AND history.call < :before AND ended_at IS NOT NULL
                AND (:with IS NULL OR caller_id = :with AND callee_id = :user OR callee_id = :with AND caller_id = :user)
            ORDER BY history.call DESC LIMIT :limit
            """,
            [
                "user": query.user.rawValue, "before": before, "with": query.with?.rawValue, "limit": query.limit,
            ], Self.keyed)
        return (recent + older.filter { !recentKeys.contains($0.key) }).sorted { $0.key > $1.key }
    }

    /// Of what the table `history` does not have yet.
    private func recentHistory(_ query: HistoryQuery, before: Int64) throws -> [Keyed] {
        var page: [Keyed] = []
        for key in try tail.keys(of: query.user, db).sorted(by: >) where key < before && page.count < query.limit {
            let row = try first("SELECT * FROM calls WHERE id = ? AND ended_at IS NOT NULL", [key], Self.keyed)
            if let row, query.isWith(row.call) { page.append(row) }
        }
        return page
    }

    private static func keyed(_ row: Row) throws -> Keyed { (row["id"], try CallRow.state(row)) }

    /// From memory, newest first.
    private func liveHistory(_ query: HistoryQuery, before: Int64) -> [Keyed] {
        live.entries(of: query.user).reversed().lazy
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
    /// Whether a call of the user's is with the other party that is asked for.
    fileprivate func isWith(_ call: CallState) -> Bool {
        with == nil || with == (call.caller.userId == user ? call.callee : call.caller.userId)
    }
}
