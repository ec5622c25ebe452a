import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func call(_ id: CallID) throws -> CallState? { try draft(of: id)?.entry.call }

    /// A call as this piece of work has left it, or as it is in memory, or in its row.
    func draft(of id: CallID) throws -> CallDraft? {
        if let current, current.entry.call.id == id { return current }
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
        let new = staged.calls.values.map(\.entry).filter { !known.contains($0.call.id) && isWanted($0.call) }
            .sorted { $0.key < $1.key }.map(\.call)
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
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "user": query.user.rawValue, "before": before, "limit": query.limit,
        ]
        if let with = query.with { arguments["with"] = with.rawValue }
        func half(_ mine: String, _ other: String) -> String {
            var conditions = ["id < :before", "ended_at IS NOT NULL", "\(mine) = :user"]
            if query.with != nil { conditions.append("\(other) = :with") }
            if mine == "callee_id" { conditions.append("concealed = 0") }
            return """
                SELECT * FROM (SELECT * FROM calls WHERE \(conditions.joined(separator: " AND "))
                ORDER BY id DESC LIMIT :limit)
                """
        }
        return try all(
            """
            \(half("caller_id", "callee_id")) UNION ALL \(half("callee_id", "caller_id"))
            ORDER BY id DESC LIMIT :limit
            """, StatementArguments(arguments)
        ) { ($0["id"], try CallRow.state($0)) }
    }

    /// From memory, newest first.
    private func liveHistory(_ query: HistoryQuery, before: Int64) -> [Keyed] {
        live.entries(of: query.user).reversed().lazy
            .filter { entry in
                let call = entry.call
                guard entry.key < before, call.caller.userId == query.user || !call.isConcealed else { return false }
                if let with = query.with, call.caller.userId != with, call.callee != with { return false }
                if case .state(let state) = query.filter { return call.state == state }
                return true
            }
            .map { ($0.key, $0.call) }
    }
}
