import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// The changes of calls that are committed together. Provides the facts for each decision, and takes the decisions.
final class CallBatch: CallFacts {
    /// What becomes effective in memory once the transaction is committed.
    struct Staged {
        var heads: [UserID: LogHeads.Head] = [:]
        /// Events that have not been written to a row yet.
        var log: LogDraft
        var events: [StoredEvent] = []
        var calls: [CallID: CallDraft] = [:]
        /// Sign-ins that the transaction ends.
        var ended: [SignIn] = []
        /// Users whose blocks the transaction changes.
        var blockers: [UserID] = []
        var hasMessages = false
        /// The last call that the table of ``UnindexedHistory`` then covers.
        var historyUntil: Int64?

        /// The number of the newest entry of the log.
        var newestEvent: Int64 { log.next - 1 }
    }

    let db: Database
    let memory: StoreMemory
    let statements: WriterStatements
    let space: DatabaseSpace
    var staged: Staged
    /// The store's clock, for the current decision.
    private(set) var now: Timestamp
    private var monotonic: MonotonicTime
    /// Bytes of the log that this batch has written in rows.
    private var writtenBytes = 0
    /// The call that was read last. Most decisions are about a single call.
    private var current: CallDraft?

    init(_ db: Database, _ memory: StoreMemory, _ statements: WriterStatements, _ space: DatabaseSpace) {
        self.db = db
        self.space = space
        self.memory = memory
        self.statements = statements
        now = memory.time.now
        monotonic = memory.time.monotonic
        staged = Staged(log: statements.takeLog(first: memory.heads.newestEvent + 1))
        // A commit usually has many messages.
        staged.heads.reserveCapacity(64)
        staged.events.reserveCapacity(64)
    }

    /// Lets a job decide, and takes its decision.
    ///
    /// - Returns: The error that the job threw, after which nothing has changed.
    /// - Throws: If the whole transaction is lost.
    func take(_ job: any StoreJob) throws -> (any Error)? {
        if job.priority == .ordinary, space.isFull(adding: writtenBytes + staged.log.bodies.count) {
            return Problem.databaseFull
        }
        now = memory.time.now
        monotonic = memory.time.monotonic
        let changes: [CallChange]
        do {
            changes = try job.decide(on: self)
        } catch {
            // Some disk failures end the transaction.
            if db.isInsideTransaction { return error }
            throw error
        }
        for change in changes { try apply(change) }
        return nil
    }

    // MARK: Facts

    func now(for call: CallState) throws -> Timestamp { try draft(of: call.id)?.entry.clock.time(at: monotonic) ?? now }

    func call(_ id: CallID) throws -> CallState? { try draft(of: id)?.entry.call }

    func invitedCall(_ key: WriteKey, of device: DeviceID) throws -> CallID? {
        for draft in staged.calls.values where draft.entry.call.isInvited(key, by: device) { return draft.id }
        return memory.live.invitedCall(key, of: device)
    }

    func liveCalls(of user: UserID) throws -> [CallState] {
        let calls = memory.live.calls(of: user)
        if staged.calls.isEmpty { return calls }
        let known = Set(calls.map(\.id))
        let new = staged.calls.values.filter { !known.contains($0.id) && $0.entry.call.isListed(for: user) }
            .sorted { $0.entry.key < $1.entry.key }.map(\.entry.call)
        return (calls.map { staged.calls[$0.id]?.entry.call ?? $0 } + new).filter(\.isLive)
    }

    func isSignedIn(_ signIn: SignIn) throws -> Bool {
        try memory.signIns.isSignedIn(signIn) { try SQLiteReader(db, memory).device($0) }
    }

    func account(_ user: UserID) throws -> Account? {
        statements.account.bind(user.rawValue)
        return try statements.account.rows(SQLiteReader.account).first
    }

    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord] {
        statements.devices.bind(user.rawValue)
        return SQLiteReader.newestFirst(try statements.devices.rows(SQLiteReader.device), limit: limit)
    }

    func isBlocked(_ user: UserID, by blocker: UserID) throws -> Bool {
        statements.block.bind(user.rawValue)
        statements.block.bind(blocker.rawValue)
        return try !statements.block.rows { _ in }.isEmpty
    }

    func presentDevices(of user: UserID) throws -> Set<DeviceID> { memory.devices.read { $0.presentDevices(of: user) } }

    func isContact(_ contact: UserID, of user: UserID) throws -> Bool {
        try SQLiteReader(db, memory).isContact(contact, of: user)
    }

    func pushSubscriptions(of user: UserID) throws -> [PushSubscription] {
        try SQLiteReader(db, memory).pushSubscriptions(of: user)
    }

    /// A call from this batch, from memory, or from its row.
    private func draft(of id: CallID) throws -> CallDraft? {
        if let current, current.id == id { return current }
        if let draft = staged.calls[id] {
            current = draft
        } else if let entry = try memory.live[id] ?? storedEntry(of: id) {
            current = CallDraft(entry, isStaged: false)
        } else {
            return nil
        }
        return current
    }

    /// The clock of new calls.
    private var clock: SteadyClock { SteadyClock(reading: now, at: monotonic) }

    private func storedEntry(of id: CallID) throws -> LiveTable.Entry? {
        if memory.live.isDamaged(id) { throw CorruptRow(column: "calls") }
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT * FROM calls WHERE call_id = ?"), arguments: [id.rawValue])
        return try withExtendedLifetime(rows) { try rows.next().map { try LiveTable.Entry($0, clock: clock) } }
    }

    // MARK: Changes

    /// - Throws: If the whole transaction is lost.
    private func apply(_ change: CallChange) throws {
        let draft = try draft(for: change)
        draft.entry.deadline = change.call.isLive ? change.deadline : nil
        stage(draft)
        if let quality = change.quality { try save(quality, of: draft) }
        // If only the deadline has changed, it is kept only in memory.
        guard change.isNew || change.call != draft.entry.call || !change.timeline.isEmpty || !change.events.isEmpty
        else { return }
        let isMarked = change.call.isMarked(since: draft.entry.call)
        draft.entry.call = change.call
        draft.entry.row = draft.entry.row.changed(isReplayable: change.isReplayable)
        draft.entry.timeline.append(change.timeline)
        if !change.messages.isEmpty { try enqueue(change.messages) }
        if let time = change.seenUntil { try save(seenUntil: time, by: change.call.callee) }
        var key = change.key
        for event in change.events {
            try append(event, of: draft, key: key)
            key = nil
        }
        if isMarked { try markCandidates(of: draft) }
    }

    /// Notes where a page of candidates may begin, and where the descriptions before it are.
    private func markCandidates(of call: CallDraft) throws {
        guard let event = call.entry.lastPayload else { return }
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO candidate_marks (call, position, entry, offer, answer) VALUES (?, ?, ?, ?, ?)"
        ).execute(
            arguments: [
                call.entry.key, call.entry.call.candidateCount, event, call.entry.descriptions.offer,
                call.entry.descriptions.answer,
            ])
    }

    private func draft(for change: CallChange) throws -> CallDraft {
        if !change.isNew, let draft = try draft(of: change.call.id) { return draft }
        let entry = LiveTable.Entry(new: change.call, key: memory.live.takeKey(), clock: clock)
        let draft = CallDraft(entry, isStaged: false)
        current = draft
        return draft
    }

    private func stage(_ draft: CallDraft) {
        guard !draft.isStaged else { return }
        draft.isStaged = true
        staged.calls[draft.id] = draft
    }

    private func append(_ event: CallEvent, of call: CallDraft, key: WriteKey?) throws {
        guard !event.audiences.isEmpty else { return }
        let body = event.body
        let head = LogRow.Head(
            call: call.entry.key, payloadPrevious: body.type.hasPayload ? call.entry.lastPayload : nil,
            type: body.type.rawValue, time: body.time, key: key)
        try staged.append(body, head, to: event.audiences) { try memory.heads.headForWriter(of: $0, db) }
        if body.type.hasPayload { call.entry.note(body.type, event: staged.newestEvent) }
        if staged.log.isLarge { try writeLog() }
    }

    private func save(seenUntil time: Timestamp, by user: UserID) throws {
        try db.cachedStatement(sql: "UPDATE users SET calls_seen_until = ? WHERE user_id = ?").execute(
            arguments: [time.milliseconds, user.rawValue])
    }

    private func save(_ quality: QualityReport, of call: CallDraft) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO quality (call, user_id, device_id, created_at, summary) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (call, user_id) DO UPDATE SET device_id = excluded.device_id,
                    created_at = excluded.created_at, summary = excluded.summary
                """
        ).execute(
            arguments: [
                call.entry.key, quality.participant.userId.rawValue, quality.participant.deviceId.rawValue,
                quality.time.milliseconds, Data(quality.summary.utf8),
            ])
    }

    /// Writes the events of this batch, in one row unless they are very large.
    func writeLog() throws {
        guard !staged.log.isEmpty else { return }
        let statement = statements.insertLog
        statement.bind(staged.log.next - 1)
        statement.bind(staged.log.first)
        statement.bind(staged.log.time.milliseconds)
        try staged.log.withBytes { entries, bodies in
            statement.bind(lasting: entries)
            statement.bind(lasting: bodies)
            try statement.run()
        }
        writtenBytes += staged.log.bodies.count
        staged.log.begin(at: staged.log.next)
    }
}

extension CallBatch.Staged {
    var commit: Commit {
        var commit = Commit()
        commit.events = events
        commit.calls = calls.values.map(\.entry.call)
        commit.nextDeadline = calls.values.lazy.compactMap(\.entry.due).min()
        commit.ended = ended
        commit.users = blockers
        commit.hasMessages = hasMessages
        return commit
    }

    /// Adds an entry to the log of each recipient of an event.
    ///
    /// - Parameter newest: Returns the head of a user's log before this batch.
    fileprivate mutating func append(
        _ event: EventBody, _ head: LogRow.Head, to audiences: [Transition.Audience],
        newest: (UserID) throws -> LogHeads.Head?
    ) rethrows {
        log.append(head, body: event.members, audience: audiences.count)
        for audience in audiences {
            let known = heads.index(forKey: audience.user)
            let head = try known.map { heads.values[$0] } ?? newest(audience.user)
            let (position, milestone) = ((head?.position ?? 0) + 1, head?.nextMilestone)
            let number = log.append(
                LogRow.Entry(
                    user: audience.user, position: position, previous: head?.event, milestone: milestone,
                    only: audience.only, except: audience.except))
            let new = LogHeads.Head(event: number, position: position, milestone: milestone)
            if let known { heads.values[known] = new } else { heads[audience.user] = new }
            events.append(
                StoredEvent(
                    user: audience.user, position: position, only: audience.only, except: audience.except, body: event))
        }
    }
}
