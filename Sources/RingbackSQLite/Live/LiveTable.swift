import GRDB
import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// The live calls, in their last committed state.
///
/// A live call has no row, or a row that is older than the call. Later changes are here and in the log, from which they
/// are replayed when the database is opened.
final class LiveTable: Sendable {
    struct Entry: Sendable {
        /// The key of the row.
        let key: Int64
        var call: CallState
        /// The clock of the call, which changes of the system clock do not affect.
        var clock: SteadyClock
        /// The next time at which the call changes without a command, by its own clock; `nil` if there is none.
        var deadline: Timestamp?
        var timeline: StoredTimeline
        /// The newest event with an offer, an answer or candidates.
        var lastPayload: Int64?
        var descriptions = NewestDescriptions()
        var row: RowState
    }

    /// The events of the newest offer and the newest answer: 0 if there is none, `nil` if that is not known.
    struct NewestDescriptions: Sendable {
        var offer: Int64?
        var answer: Int64?

        subscript(kind: Description.Kind) -> Int64? { kind == .offer ? offer : answer }
    }

    /// How the row relates to the call.
    enum RowState: Sendable {
        /// There is no row. The log has all changes.
        case absent
        /// The log has changes that the row does not have.
        case behind
        /// The row must be written, because the log does not have all changes; it may be new.
        case wanting(isNew: Bool)
        case complete
    }

    fileprivate struct State {
        var entries: [CallID: Entry] = [:]
        /// The calls of each user.
        var users: [UserID: [CallID]] = [:]
        var nextKey: Int64
        /// For each user, the number of the newest event when a call of the user last ended. For other users, it is at
        /// most ``oldEnds``.
        var newestEnds: [UserID: Int64] = [:]
        var oldEnds: Int64 = 0
        /// The same for all users together.
        var newestEnd: Int64 = 0
        var invitationKeys = InvitationKeys()
    }

    private let state: Mutex<State>
    /// Live calls whose rows are damaged, which are not in the table.
    private let damaged: Set<String>

    /// Reads the rows of the live calls and the later events of the log. Damaged calls are logged and left out.
    init(_ db: Database, at moment: Moment, logger: Logger) throws {
        var state = State(nextKey: 1)
        try state.readInvitationKeys(db)
        let rows = try LiveRows(db, at: moment)
        for entry in rows.entries.sorted(by: { $0.key < $1.key }) {
            state.noteKeys(of: entry.call, after: nil)
            state.insert(entry)
        }
        for damage in rows.damaged.values {
            logger.error(
                "a live call is damaged and left out",
                metadata: ["call": "\(damage.call)", "error": "\(damage.error)"])
        }
        damaged = Set(rows.damaged.values.map(\.call))
        // Keys are not given again, also when the newest calls were pruned.
        let newest =
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT max(coalesce((SELECT max(id) FROM calls), 0),
                        (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'history_until'))
                    """) ?? 0
        let keys = state.entries.values.map(\.key) + rows.damaged.keys
        state.nextKey = max(newest, keys.max() ?? 0) + 1
        self.state = Mutex(state)
    }

    /// The key for the next call. Only for the writer; a transaction that fails leaves a gap.
    func takeKey() -> Int64 {
        state.withLock { state in
            defer { state.nextKey += 1 }
            return state.nextKey
        }
    }

    /// Whether a live call was left out because it is damaged.
    func isDamaged(_ id: CallID) -> Bool { damaged.contains(id.rawValue) }

    subscript(id: CallID) -> Entry? { state.withLock { $0.entries[id] } }

    /// The calls of a user as caller or callee, oldest first.
    func entries(of user: UserID) -> [Entry] {
        state.withLock { state in
            (state.users[user] ?? []).compactMap { state.entries[$0] }.sorted { $0.key < $1.key }
        }
    }

    /// The calls of a user, oldest first, without those concealed from the user.
    func calls(of user: UserID) -> [CallState] {
        entries(of: user).lazy.map(\.call).filter { $0.isListed(for: user) }
    }

    var count: Int { state.withLock(\.entries.count) }

    /// Whether the user participates in a call or calls somebody.
    func isBusy(_ user: UserID) -> Bool {
        state.withLock { state in
            (state.users[user] ?? []).contains { id in
                state.entries[id].map { $0.call.caller.userId == user || $0.call.isUnderWay } ?? false
            }
        }
    }

    /// The calls in which each of the devices participates.
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

    /// The call that a device created, or was merged into, with a key of this id.
    func invitedCall(_ key: WriteKey, of device: DeviceID) -> CallID? {
        state.withLock { $0.invitationKeys.call(key.id, of: device) }
    }

    /// Calls whose rows are behind the log.
    var behind: [Entry] { state.withLock { $0.entries.values.filter(\.row.isBehind) } }

    /// Calls whose deadline is at most `now`, the most overdue first.
    func due(at now: MonotonicTime, limit: Int) -> [CallID] {
        state.withLock { state in
            state.entries.values.filter { $0.due.map { $0 <= now } ?? false }
                .sorted { ($0.due ?? now, $0.key) < ($1.due ?? now, $1.key) }
                .prefix(limit).map(\.call.id)
        }
    }

    var nextDeadline: MonotonicTime? { state.withLock { $0.entries.values.lazy.compactMap(\.due).min() } }

    /// Takes the calls of a committed transaction.
    ///
    /// - Parameter commit: Receives the users who may have become busy or free, and the devices that have begun to
    ///   participate in a call.
    func commit(_ calls: some Sequence<CallDraft>, newestEvent: Int64, noting commit: inout Commit) {
        state.withLock { state in
            for draft in calls {
                let call = draft.entry.call
                let place = state.entries.index(forKey: draft.id)
                let old = place.map { state.entries.values[$0].call }
                commit.note(call, after: old)
                state.noteKeys(of: call, after: old)
                if !call.isLive {
                    state.remove(draft.entry)
                    state.noteEnd(of: call, at: newestEvent)
                } else if let place {
                    state.entries.values[place] = draft.entry
                } else {
                    state.insert(draft.entry)
                }
            }
        }
    }

    /// The number of the newest event when a call of this user, or of any user, was last removed.
    func newestEnd(of user: UserID?) -> Int64 {
        state.withLock { state in
            guard let user else { return state.newestEnd }
            return state.newestEnds[user] ?? state.oldEnds
        }
    }
}

extension LiveTable.Entry {
    /// The next moment at which the call changes without a command.
    var due: MonotonicTime? { deadline.map { clock.moment(of: $0) } }

    /// An entry for a call without a row.
    init(new call: CallState, key: Int64, clock: SteadyClock) {
        // Due immediately: the deadline is computed by the use cases, which then check the call.
        self.init(
            key: key, call: call, clock: clock, deadline: call.createdAt, timeline: StoredTimeline(), lastPayload: nil,
            descriptions: .init(offer: 0, answer: 0), row: .absent)
    }

    /// Notes the newest event with an offer, an answer or candidates.
    mutating func note(_ type: EventType, event: Int64) {
        lastPayload = event
        if type == .callOffer { descriptions.offer = event }
        if type == .callAnswer { descriptions.answer = event }
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
    /// Adds a call that is not in the table.
    fileprivate mutating func insert(_ entry: LiveTable.Entry) {
        entries[entry.call.id] = entry
        for user in [entry.call.caller.userId, entry.call.callee] {
            users[user, default: []].append(entry.call.id)
        }
    }

    /// Adds the keys of a new call, or of one into which an invitation was merged.
    ///
    /// - Parameter old: The call before; `nil` for one that is not in the table.
    fileprivate mutating func noteKeys(of call: CallState, after old: CallState?) {
        guard call.invitationKey != nil || call.mergeKey != nil else { return }
        // An ended call that was never live here ended earlier, unless its callee was busy.
        guard old != nil || call.isLive || call.ending?.by.kind == .policy else { return }
        guard old == nil || old?.mergeKey != call.mergeKey else { return }
        let time = call.mergeKey == nil ? call.createdAt : call.acceptedAt ?? call.createdAt
        invitationKeys.insert(call.invitationKeys, of: call.id, at: time) { entries[$0] != nil }
    }

    /// Adds the keys of the newest calls, as if they had just been committed.
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
            // A call with damaged keys can't be used anyway.
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
