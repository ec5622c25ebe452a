import GRDB
import RingbackCore
import RingbackModel

/// The rows of calls.
extension CallBatch {
    /// Writes the rows that must be written, once for each call, however often it changed.
    func writeCalls() throws {
        for draft in staged.calls.values {
            switch draft.entry.row {
            case .wanting(let isNew): try isNew ? insert(draft) : update(draft)
            case .absent, .behind, .complete: continue
            }
            draft.entry.row = .complete
        }
    }

    /// Writes the rows that are missing or behind the log, so that no event before this point must be replayed.
    func writeCallsBehind() throws {
        for entry in memory.live.behind where staged.calls[entry.call.id] == nil {
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
        let statement = statements.insertCall
        statement.bind(draft.entry.key)
        CallRow.bindFixed(draft.entry.call, to: statement)
        CallRow.bindChanging(&draft.entry, asOf: staged.newestEvent, to: statement)
        CallRow.bindEnding(draft.entry.call, to: statement)
        try statement.run()
    }

    private func update(_ draft: CallDraft) throws {
        let isLive = draft.entry.call.isLive
        let statement = isLive ? statements.updateCall : statements.endCall
        CallRow.bindChanging(&draft.entry, asOf: staged.newestEvent, to: statement)
        if !isLive { CallRow.bindEnding(draft.entry.call, to: statement) }
        statement.bind(draft.entry.key)
        try statement.run()
    }
}

extension LiveTable.RowState {
    /// The state of a row after a change of its call.
    ///
    /// - Parameter isReplayable: Whether the change can be replayed from the log.
    func changed(isReplayable: Bool) -> Self {
        switch self {
        case .wanting: self
        case .absent: isReplayable ? .absent : .wanting(isNew: true)
        case .behind: isReplayable ? .behind : .wanting(isNew: false)
        case .complete: isReplayable ? .behind : .wanting(isNew: false)
        }
    }
}
