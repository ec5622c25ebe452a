import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func save(_ call: CallState, deadline: Timestamp?) throws {
        let draft = try changed(call, deadline)
        draft.entry.row = draft.entry.row.wanting
    }

    func hold(_ call: CallState, deadline: Timestamp?) throws {
        let draft = try changed(call, deadline)
        draft.entry.row = draft.entry.row.behind
    }

    func append(_ entries: [TimelineEntry], to call: CallID) throws {
        guard !entries.isEmpty else { return }
        let draft = try requireDraft(of: call)
        draft.entry.timeline.append(entries)
        if case .complete = draft.entry.row { draft.entry.row = .wanting(isNew: false) }
        stage(draft)
    }

    private func changed(_ call: CallState, _ deadline: Timestamp?) throws -> CallDraft {
        let draft = try draft(of: call.id) ?? newDraft(of: call)
        draft.entry.call = call
        draft.entry.deadline = call.isLive ? deadline : nil
        stage(draft)
        return draft
    }

    func introduce(_ call: CallState) { _ = newDraft(of: call) }

    private func newDraft(of call: CallState) -> CallDraft {
        let draft = CallDraft(LiveTable.Entry(new: call, key: live.takeKey()), isStaged: false)
        current = draft
        return draft
    }

    func stage(_ draft: CallDraft) {
        noteChange()
        guard !draft.isStaged else { return }
        draft.isStaged = true
        staged.calls[draft.id] = draft
    }

    /// Writes the rows that want it: once for each call, however often it changed.
    func writeCalls() throws {
        for draft in staged.calls.values {
            switch draft.entry.row {
            case .wanting(let isNew): try isNew ? insert(draft) : update(draft)
            case .absent, .behind, .complete: continue
            }
            draft.entry.row = .complete
        }
    }

    /// Writes the rows that are missing or behind the log, so that nothing has to be found again before this place.
    func writeCallsBehind() throws {
        for entry in live.behind where staged.calls[entry.call.id] == nil {
            staged.calls[entry.call.id] = CallDraft(entry, isStaged: true)
        }
        for draft in staged.calls.values {
            switch draft.entry.row {
            case .absent: try insert(draft)
            case .behind: try update(draft)
            case .wanting, .complete: continue
            }
            draft.entry.row = .complete
        }
    }

    private func insert(_ draft: CallDraft) throws {
        guard let statement = statements?.insertCall else { return }
        statement.bind(draft.entry.key)
        CallRow.bindFixed(draft.entry.call, to: statement)
        CallRow.bindChanging(&draft.entry, asOf: staged.newestEvent, to: statement)
        CallRow.bindEnding(draft.entry.call, to: statement)
        try statement.run()
    }

    private func update(_ draft: CallDraft) throws {
        guard let statements else { return }
        let isLive = draft.entry.call.isLive
        let statement = isLive ? statements.updateCall : statements.endCall
        CallRow.bindChanging(&draft.entry, asOf: staged.newestEvent, to: statement)
        if !isLive { CallRow.bindEnding(draft.entry.call, to: statement) }
        statement.bind(draft.entry.key)
        try statement.run()
    }
}

extension LiveTable.RowState {
    /// After a change that the log does not tell.
    fileprivate var wanting: Self {
        switch self {
        case .absent: .wanting(isNew: true)
        case .behind, .complete: .wanting(isNew: false)
        case .wanting: self
        }
    }

    /// After a change that the log tells.
    fileprivate var behind: Self {
        if case .complete = self { .behind } else { self }
    }
}
