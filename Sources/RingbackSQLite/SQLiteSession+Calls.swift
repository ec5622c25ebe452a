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
            return nil
        }
        return current
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
        var conditions = ["id < coalesce((SELECT id FROM calls WHERE call_id = :before), 9223372036854775807)"]
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "user": query.user.rawValue, "before": query.before?.rawValue, "limit": query.limit,
        ]
        switch query.filter {
        case nil: break
        // The row of a live call is behind: which state it is in only the memory knows.
        case .live, .state(.inviting), .state(.ringing), .state(.connecting), .state(.active):
            return try liveHistory(query)
        case .state(.ended): conditions.append("ended_at IS NOT NULL")
        }
        func half(_ mine: String, _ other: String) -> String {
            var conditions = conditions + ["\(mine) = :user"]
            if query.with != nil { conditions.append("\(other) = :with") }
            if mine == "callee_id" { conditions.append("concealed = 0") }
            return """
                SELECT * FROM (SELECT * FROM calls WHERE \(conditions.joined(separator: " AND "))
                ORDER BY id DESC LIMIT :limit)
                """
        }
        if let with = query.with { arguments["with"] = with.rawValue }
        return try all(
            """
            \(half("caller_id", "callee_id")) UNION ALL \(half("callee_id", "caller_id"))
            ORDER BY id DESC LIMIT :limit
            """, StatementArguments(arguments)
        ) { row in
            guard let id = CallID(row["call_id"]) else { throw CorruptRow(column: "call_id") }
            return try live[id]?.call ?? CallRow.state(checked(row))
        }
    }

    private func liveHistory(_ query: HistoryQuery) throws -> [CallState] {
        var before = Int64.max
        if let id = query.before, let key = try draft(of: id)?.entry.key { before = key }
        let calls = live.entries(of: query.user).filter { entry in
            let call = entry.call
            guard entry.key < before, call.caller.userId == query.user || !call.isConcealed else { return false }
            if let with = query.with, call.caller.userId != with, call.callee != with { return false }
            if case .state(let state) = query.filter { return call.state == state }
            return true
        }
        return calls.reversed().prefix(query.limit).map(\.call)
    }
}
