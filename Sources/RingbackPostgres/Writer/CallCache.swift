import RingbackCore
import RingbackModel
import Synchronization

/// A cache of the calls that have not ended, so that their states need not be read again with each locked row.
///
/// Decisions are made on the row, whose version determines whether the cached state is the newest.
final class CallCache: Sendable {
    struct Entry: Sendable {
        let version: Int64
        let call: CallState
    }

    fileprivate struct State {
        var entries: [CallID: Entry] = [:]
    }

    fileprivate let state = Mutex(State())

    subscript(id: CallID) -> Entry? { state.withLock { $0.entries[id] } }

    var count: Int { state.withLock(\.entries.count) }

    /// Takes the calls of a transaction that has been committed.
    ///
    /// - Parameter commit: Receives the users who may have become busy or free, and the devices that have joined a
    ///   call.
    func commit(_ drafts: some Sequence<CallDraft>, noting commit: inout Commit) {
        state.withLock { state in
            for draft in drafts where draft.isChanged {
                // What another node has done meanwhile has been noted from its signals, or will be.
                commit.note(draft.call, after: draft.before.flatMap { $0.isLive ? $0 : nil })
                state.take(draft.call, version: draft.version + 1)
            }
        }
    }

    /// Takes calls as they were read.
    func take(_ calls: [(call: CallState, version: Int64)]) {
        state.withLock { state in
            for (call, version) in calls where state.entries[call.id].map({ $0.version < version }) ?? true {
                state.take(call, version: version)
            }
        }
    }
}

extension CallCache {
    /// Lets go of calls that other nodes have ended.
    func reconcile(_ connection: PostgresConnection) {
        let ids = state.withLock { Array($0.entries.keys) }
        let ended = try? connection.run(
            Statement(
                """
                SELECT c.call_id FROM unnest($1::text[]) AS known (call_id) JOIN calls c ON c.call_id = known.call_id
                WHERE NOT c.live
                """, .texts(ids.map(\.rawValue)))
        ).map { try $0.call(0) }
        state.withLock { state in
            for id in ended ?? [] {
                if let call = state.entries[id]?.call { state.remove(call) }
            }
        }
    }
}

extension CallCache.State {
    fileprivate mutating func take(_ call: CallState, version: Int64) {
        guard call.isLive else { return remove(call) }
        entries[call.id] = CallCache.Entry(version: version, call: call)
    }

    fileprivate mutating func remove(_ call: CallState) {
        entries[call.id] = nil
    }
}
