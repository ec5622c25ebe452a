import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func save(_ call: CallState, deadline: Timestamp?) throws { try stage(call, deadline) { $0.row = $0.row.wanting } }

    func hold(_ call: CallState, deadline: Timestamp?) throws { try stage(call, deadline) { $0.row = $0.row.behind } }

    func append(_ entries: [TimelineEntry], to call: CallID) throws {
        guard !entries.isEmpty else { return }
        var entry = try requireEntry(of: call)
        entry.timeline.append(entries)
        if case .complete = entry.row { entry.row = .wanting }
        stage(entry)
    }

    private func stage(
        _ call: CallState, _ deadline: Timestamp?, _ mark: (inout LiveTable.Entry) -> Void
    ) throws {
        var entry =
            try entry(of: call.id)
            ?? LiveTable.Entry(
                key: live.takeKey(), call: call, deadline: nil, timeline: StoredTimeline(), lastPayload: nil,
                row: .absent)
        entry.call = call
        entry.deadline = call.isLive ? deadline : nil
        mark(&entry)
        stage(entry)
    }

    func stage(_ entry: LiveTable.Entry) {
        noteChange()
        staged.calls[entry.call.id] = entry
    }

    /// Writes the rows that want it: once for each call, however often it changed.
    func writeCalls() throws {
        for (id, entry) in staged.calls {
            switch entry.row {
            case .absent: try insert(entry)
            case .wanting: try update(entry)
            case .behind, .complete: continue
            }
            staged.calls[id]?.row = .complete
        }
    }

    /// Writes the rows that are behind the log, so that nothing has to be found again before this place.
    func writeCallsBehind() throws {
        for entry in live.behind where staged.calls[entry.call.id] == nil { staged.calls[entry.call.id] = entry }
        for (id, entry) in staged.calls {
            guard case .behind = entry.row else { continue }
            try update(entry)
            staged.calls[id]?.row = .complete
        }
    }

    private func insert(_ entry: LiveTable.Entry) throws {
        guard let statement = statements?.insertCall else { return }
        statement.bind(entry.key)
        CallRow.bindFixed(entry.call, to: statement)
        CallRow.bindChanging(entry, asOf: staged.newestEvent, to: statement)
        CallRow.bindEnding(entry.call, to: statement)
        try statement.run()
    }

    private func update(_ entry: LiveTable.Entry) throws {
        guard let statements else { return }
        let statement = entry.call.isLive ? statements.updateCall : statements.endCall
        CallRow.bindChanging(entry, asOf: staged.newestEvent, to: statement)
        if !entry.call.isLive { CallRow.bindEnding(entry.call, to: statement) }
        statement.bind(entry.key)
        try statement.run()
    }
}

extension LiveTable.RowState {
    /// After a change that the log does not tell.
    fileprivate var wanting: Self {
        if case .absent = self { .absent } else { .wanting }
    }

    /// After a change that the log tells.
    fileprivate var behind: Self {
        if case .complete = self { .behind } else { self }
    }
}
