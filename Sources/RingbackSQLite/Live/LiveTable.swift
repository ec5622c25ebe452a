import GRDB
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// The calls that have not ended, as they were last committed.
///
/// They have no row, or one as of an earlier event. What happened since is here and in the log, from where it is found again
/// when the database is opened.
final class LiveTable: Sendable {
    struct Entry: Sendable {
        /// The row's key.
        let key: Int64
        var call: CallState
        /// The call's own: it is not set when the system's is.
        var clock: SteadyClock
        /// When time alone changes the call, by its own clock; `nil` when it never does.
        var deadline: Timestamp?
        var timeline: StoredTimeline
        /// The newest event with an offer, an answer or candidates.
        var lastPayload: Int64?
        var row: RowState
    }

    /// How much of an entry is in its row.
    enum RowState: Sendable {
        /// There is no row. The log knows all.
        case absent
        /// The log knows more.
        case behind
        /// There is more to write than the log knows, to a row that is there or not.
        case wanting(isNew: Bool)
        case complete
    }

    fileprivate struct State {
        var entries: [CallID: Entry] = [:]
        /// The calls of each user.
        var users: [UserID: [CallID]] = [:]
        var nextKey: Int64
        /// The number of the newest event when a call of a user last ended; of users who are not named here, it is not after
        /// ``oldEnds``.
        var newestEnds: [UserID: Int64] = [:]
        var oldEnds: Int64 = 0
        /// The same for all users.
        var newestEnd: Int64 = 0
        var invitationKeys = InvitationKeys()
    }

    private let state: Mutex<State>
    /// Live calls that are left out: they can't be read.
    private let damaged: Set<String>

    /// Reads the rows of the live calls, and what the log knows more. What is damaged is logged and left out.
    init(_ db: Database, at moment: Moment, logger: Logger) throws {
        var state = State(nextKey: 1)
        try state.readInvitationKeys(db)
        let rows = try LiveRows(db, at: moment)
        for entry in rows.entries.sorted(by: { $0.key < $1.key }) { state.insert(entry) }
        for damage in rows.damaged.values {
            logger.error(
                "a live call is damaged and left out",
                metadata: ["call": "\(damage.call)", "error": "\(damage.error)"])
        }
        damaged = Set(rows.damaged.values.map(\.call))
        let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM calls") ?? 0
        let keys = state.entries.values.map(\.key) + rows.damaged.keys
        state.nextKey = max(newest, keys.max() ?? 0) + 1
        self.state = Mutex(state)
    }

    /// The next call's key. Given to the one writer; a transaction that is lost leaves a gap.
    func takeKey() -> Int64 {
        state.withLock { state in
            defer { state.nextKey += 1 }
            return state.nextKey
        }
    }

    /// Whether it is a live call that was left out.
    func isDamaged(_ id: CallID) -> Bool { damaged.contains(id.rawValue) }

    subscript(id: CallID) -> Entry? { state.withLock { $0.entries[id] } }

    /// A user's calls, oldest first, for either side.
    func entries(of user: UserID) -> [Entry] {
        state.withLock { state in
            (state.users[user] ?? []).compactMap { state.entries[$0] }.sorted { $0.key < $1.key }
        }
    }

    /// A user's calls, oldest first; not those that are concealed from the user.
    func calls(of user: UserID) -> [CallState] {
        entries(of: user).lazy.map(\.call).filter { $0.isListed(for: user) }
    }

    var count: Int { state.withLock(\.entries.count) }

    /// Whether the user takes part in a call, or calls out.
    func isBusy(_ user: UserID) -> Bool {
        state.withLock { state in
            (state.users[user] ?? []).contains { id in
                state.entries[id].map { $0.call.caller.userId == user || $0.call.isUnderWay } ?? false
            }
        }
    }

    /// The calls that each of the devices takes part in.
    func calls(of devices: [Participant]) -> [Participant: [CallID]] {
        state.withLock { state in
            var calls: [Participant: [CallID]] = [:]
            for device in devices {
                let own = (state.users[device.userId] ?? []).filter { id in
                    state.entries[id]?.call.side(of: device) != nil
                }
                if !own.isEmpty { calls[device] = own }
            }
            return calls
        }
    }

    /// All calls, oldest first.
    var calls: [CallState] {
        state.withLock { $0.entries.values.sorted { $0.key < $1.key }.map(\.call) }
    }

    /// The call that a device has invited, or was merged into, with a key of this id.
    func invitedCall(_ key: WriteKey, of device: DeviceID) -> CallID? {
        state.withLock { $0.invitationKeys.call(key.id, of: device) }
    }

    /// Calls of which the log knows more than their rows.
    var behind: [Entry] { state.withLock { $0.entries.values.filter(\.row.isBehind) } }

    /// Calls whose deadline is not after `now`, the most overdue first.
    func due(at now: MonotonicTime, limit: Int) -> [CallID] {
        state.withLock { state in
            state.entries.values.filter { $0.due.map { $0 <= now } ?? false }
                .sorted { ($0.due ?? now, $0.key) < ($1.due ?? now, $1.key) }
                .prefix(limit).map(\.call.id)
        }
    }

    var nextDeadline: MonotonicTime? { state.withLock { $0.entries.values.lazy.compactMap(\.due).min() } }

    /// Takes the calls of a transaction that has been committed.
    ///
    /// - Parameter commit: Gets whose being busy may have changed, and which devices newly take part in a call.
    func commit(_ calls: some Sequence<CallDraft>, newestEvent: Int64, noting commit: inout Commit) {
        state.withLock { state in
            for draft in calls {
                commit.note(draft.entry.call, after: state.entries[draft.id]?.call)
                if draft.entry.call.isLive {
                    state.insert(draft.entry)
                } else {
                    state.noteKeys(of: draft.entry.call)
                    state.remove(draft.entry)
                    state.noteEnd(of: draft.entry.call, at: newestEvent)
                }
            }
        }
    }

    /// The number of the newest event when a call, of this user or of anyone, was last taken from here.
    func newestEnd(of user: UserID?) -> Int64 {
        state.withLock { state in
            guard let user else { return state.newestEnd }
            return state.newestEnds[user] ?? state.oldEnds
        }
    }
}

extension LiveTable.Entry {
    /// When time alone changes the call.
    var due: MonotonicTime? { deadline.map { clock.moment(of: $0) } }

    /// Of a call that has no row.
    init(new call: CallState, key: Int64, clock: SteadyClock) {
        // Due at once: only the use cases know when it is, and they look then.
        self.init(
            key: key, call: call, clock: clock, deadline: call.createdAt, timeline: StoredTimeline(), lastPayload: nil,
            row: .absent)
    }
}

extension LiveTable.RowState {
    var isBehind: Bool {
        switch self {
        case .absent, .behind: true
        case .wanting, .complete: false
        }
    }
}

extension LiveTable.State {
    fileprivate mutating func insert(_ entry: LiveTable.Entry) {
        noteKeys(of: entry.call)
        if entries.updateValue(entry, forKey: entry.call.id) != nil { return }
        for user in [entry.call.caller.userId, entry.call.callee] {
            users[user, default: []].append(entry.call.id)
        }
    }

    /// Takes the keys of a call that is new here, or into which an invitation was merged.
    fileprivate mutating func noteKeys(of call: CallState) {
        guard call.invitationKey != nil || call.mergeKey != nil else { return }
        let known = entries[call.id]
        // What was not here and has ended was so all along, unless its callee was busy.
        guard known != nil || call.isLive || call.ending?.by.kind == .policy else { return }
        guard known == nil || known?.call.mergeKey != call.mergeKey else { return }
        let time = call.mergeKey == nil ? call.createdAt : call.acceptedAt ?? call.createdAt
        invitationKeys.insert(call.invitationKeys, of: call.id, at: time) { entries[$0] != nil }
    }

    /// Takes the keys of the newest calls, as if they had just been committed.
    fileprivate mutating func readInvitationKeys(_ db: Database) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT call_id, caller_device, callee_device, keys, created_at FROM calls ORDER BY id DESC
                LIMIT \(InvitationKeys.capacity)
                """)
        var newest: Timestamp?
        var calls: [(id: CallID, keys: [(DeviceID, WriteKey)], time: Timestamp)] = []
        while let row = try rows.next() {
            let time = row.time("created_at")
            if let newest, time + InvitationKeys.lifetime < newest { break }
            newest = newest ?? time
            guard let id = CallID(row["call_id"]), let bytes = (row as any Columns).bytes(3) else { continue }
            // Damaged ones are of no call that can be asked for.
            guard let (invitation, merge) = try? CallRow.invitationKeys(bytes) else { continue }
            var keys: [(DeviceID, WriteKey)] = []
            if let invitation { keys.append((try row.device("caller_device"), invitation)) }
            if let merge, let device = try row.optionalDevice("callee_device") { keys.append((device, merge)) }
            calls.append((id, keys, time))
        }
        for (id, keys, time) in calls.reversed() { invitationKeys.insert(keys, of: id, at: time) { _ in false } }
    }

    fileprivate mutating func noteEnd(of call: CallState, at event: Int64) {
        if newestEnds.count > 10_000 {
            newestEnds = [:]
            oldEnds = newestEnd
        }
        newestEnd = event
        newestEnds[call.caller.userId] = event
        newestEnds[call.callee] = event
    }

    fileprivate mutating func remove(_ entry: LiveTable.Entry) {
        guard entries.removeValue(forKey: entry.call.id) != nil else { return }
        invitationKeys.end(entry.call)
        for user in [entry.call.caller.userId, entry.call.callee] {
            guard let place = users.index(forKey: user) else { continue }
            users.values[place].removeAll { $0 == entry.call.id }
            if users.values[place].isEmpty { users.remove(at: place) }
        }
    }
}
