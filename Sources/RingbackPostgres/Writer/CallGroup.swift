import RingbackCore
import RingbackModel

/// The changes of calls that are committed together: gives the facts for each decision, and takes what was decided.
///
/// Used by one thread, for one transaction.
final class CallGroup: CallFacts {
    /// An event in one user's log, before its position is known.
    struct Entry {
        let user: UserID
        /// Counted from 1 among the user's events of this group.
        let count: Int64
        let only: DeviceID?
        let except: DeviceID?
        let body: EventBody
        /// Of an offer, an answer or candidates.
        let payload: (call: CallID, number: Int)?
    }

    let connection: PostgresConnection
    let live: CallCache
    /// Where the presence of devices is known from.
    struct PresenceSource {
        let here: LiveDevices
        let node: Node
    }

    let presence: PresenceSource
    private let time: any Timekeeper
    /// Tells the locks of this event log from those of others in the same database.
    let lockSeed: Int64

    /// The store's clock, as of the decision that is made.
    private(set) var now: Timestamp
    var drafts: [CallID: CallDraft] = [:]
    private var missing: Set<CallID> = []
    /// Users whose live calls, accounts and devices were read.
    var users: Set<UserID> = []
    var accounts: [UserID: Account] = [:]
    var devices: [UserID: [DeviceRecord]] = [:]
    var blocks: Set<Pair> = []
    /// Devices whose sign-in matters; `nil` for those that are not there.
    var signedIn: [DeviceID: SignIn?] = [:]
    /// The calls of invitations; `nil` for those that do not exist.
    var invitations: [InvitationID: CallID?] = [:]
    private(set) var entries: [Entry] = []
    /// The approximate size of the events in the database.
    private(set) var bytes = 0
    private static let bytesOfEntry = 400
    /// The number of events of each user in this group.
    private(set) var counts: [UserID: Int64] = [:]
    /// Where pages of candidates may begin: behind which event of a call.
    private(set) var marks: [(call: CallID, position: Int, payload: Int)] = []
    private(set) var quality: [(call: CallID, report: QualityReport)] = []
    /// Of callees, up to when they have seen the missed calls.
    private(set) var seenUntil: [UserID: Timestamp] = [:]
    /// The messages to the outside, and how many events of their log's user came before them in this group.
    private(set) var messages: [(message: OutboxMessage, eventsBefore: Int64)] = []
    /// Whether the first user has the second among their contacts.
    var contacts: [ContactPair: Bool] = [:]
    /// Of users who are called, the devices that are present at other nodes, and those with a push subscription.
    var presentElsewhere: [UserID: Set<DeviceID>] = [:]
    var pushed: [UserID: [PushSubscription]] = [:]
    private var nextNumber = Int64.max / 2

    /// A key of a device's, with any content: the decision compares that.
    struct InvitationID: Hashable {
        let device: DeviceID
        let id: UInt64

        init(_ key: InvitationKey) { (device, id) = (key.device, key.key.id) }
    }

    struct ContactPair: Hashable {
        let user: UserID
        let contact: UserID
    }

    struct Pair: Hashable {
        let blocker: UserID
        let blocked: UserID
    }

    init(
        _ connection: PostgresConnection, live: CallCache, presence: PresenceSource, time: any Timekeeper,
        lockSeed: Int64
    ) {
        self.connection = connection
        self.live = live
        self.presence = presence
        self.time = time
        self.lockSeed = lockSeed
        now = time.now
    }

    /// Has a job decide, and takes what it has decided.
    ///
    /// - Returns: What the job threw; nothing has changed then.
    /// - Throws: ``PostgresError``: the whole transaction is lost.
    func take(_ job: any StoreJob) throws -> (any Error)? {
        now = time.now
        do {
            for change in try job.decide(on: self) { try apply(change) }
            return nil
        } catch let error as PostgresError {
            throw error
        } catch {
            return error
        }
    }

    // MARK: Facts

    func call(_ id: CallID) throws -> CallState? { try draft(of: id)?.call }

    func invitedCall(_ key: WriteKey, of device: DeviceID) throws -> CallID? {
        for (id, draft) in drafts where draft.call.isInvited(key, by: device) { return id }
        let id = InvitationID(InvitationKey(key, of: device))
        if invitations[id] == nil { try load([InvitationKey(key, of: device)]) }
        return invitations[id] ?? nil
    }

    func isSignedIn(_ signIn: SignIn) throws -> Bool {
        let device = signIn.participant.deviceId
        if signedIn[device] == nil { try load(devices: [device]) }
        return signedIn[device] == signIn
    }

    func liveCalls(of user: UserID) throws -> [CallState] {
        try load(user)
        return drafts.values.filter { $0.call.isLive && $0.call.isListed(for: user) }.sorted { $0.number < $1.number }
            .map(\.call)
    }

    func account(_ user: UserID) throws -> Account? {
        try load(user)
        return accounts[user]
    }

    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord] {
        try load(user)
        return Array((devices[user] ?? []).prefix(limit))
    }

    func isBlocked(_ user: UserID, by blocker: UserID) throws -> Bool {
        for user in [user, blocker] { try load(user) }
        return blocks.contains(Pair(blocker: blocker, blocked: user))
    }

    private func draft(of id: CallID) throws -> CallDraft? {
        if let draft = drafts[id] { return draft }
        guard !missing.contains(id) else { return nil }
        try load(calls: [id])
        if drafts[id] == nil { missing.insert(id) }
        return drafts[id]
    }

    /// Notes which calls are not there.
    func note(missing ids: [CallID]) { for id in ids where drafts[id] == nil { missing.insert(id) } }

    // MARK: Changes

    private func apply(_ change: CallChange) throws {
        let draft = try draft(for: change)
        draft.deadline = change.call.isLive ? change.deadline : nil
        if draft.deadline != draft.storedDeadline { draft.isChanged = true }
        if let report = change.quality { quality.append((change.call.id, report)) }
        guard change.isNew || change.call != draft.call || !change.timeline.isEmpty || !change.events.isEmpty
        else { return }
        let isMarked = change.call.isMarked(since: draft.call)
        draft.call = change.call
        draft.isChanged = true
        draft.timeline += change.timeline
        if let time = change.seenUntil {
            seenUntil[change.call.callee] = time
            accounts[change.call.callee]?.callsSeenUntil = time
        }
        for message in change.messages { messages.append((message, message.log.map { counts[$0] ?? 0 } ?? 0)) }
        for event in change.events { append(event, of: draft) }
        if isMarked { marks.append((draft.call.id, draft.call.candidateCount, draft.payloads)) }
    }

    private func draft(for change: CallChange) throws -> CallDraft {
        if !change.isNew, let draft = try draft(of: change.call.id) { return draft }
        nextNumber += 1
        let draft = CallDraft(new: change.call, number: nextNumber)
        draft.isChanged = true
        drafts[change.call.id] = draft
        return draft
    }

    private func append(_ event: CallEvent, of draft: CallDraft) {
        guard !event.audiences.isEmpty else { return }
        if event.body.type.hasPayload { draft.payloads += 1 }
        let payload = event.body.type.hasPayload ? (draft.call.id, draft.payloads) : nil
        for audience in event.audiences {
            counts[audience.user, default: 0] += 1
            bytes += event.body.members.count + Self.bytesOfEntry
            entries.append(
                Entry(
                    user: audience.user, count: counts[audience.user] ?? 1, only: audience.only,
                    except: audience.except, body: event.body, payload: payload))
        }
    }
}
