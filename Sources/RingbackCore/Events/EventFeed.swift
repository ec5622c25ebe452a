package import RingbackModel
import Synchronization

/// The events of users, for readers that follow them.
///
/// A reader subscribes (``subscribe(_:wake:)``), then reads, then waits to be woken, so that it misses nothing. A
/// wake-up carries no data; the reader reads the log. The most recent events of each user are kept in memory, where
/// they are put after each commit, so that reading them does not access the database.
package final class EventFeed: Sendable {
    /// The result of a read.
    package struct Page: Sendable {
        /// Events for the device of the reader, in order.
        package var events: [StoredEvent]
        /// Where to continue. May be beyond the last event, if events for other devices were skipped.
        package var cursor: Cursor
        /// Whether there may be more events at once.
        package var hasMore: Bool
    }

    /// A subscription of a reader.
    package struct Subscription: Sendable, Hashable {
        let reader: Participant
        let number: UInt64
    }

    private struct Reader: Sendable {
        let number: UInt64
        let device: DeviceID
        let wake: @Sendable () -> Void
        /// The number of the last publication for which it was woken.
        var wokenFor: UInt64 = 0
    }

    /// The recent events of a user, and the readers.
    private struct UserState {
        var recent: RecentEvents?
        var readers: [Reader] = []
        /// How far another process has said that the log is.
        var head: Int64 = 0

        var isEmpty: Bool { recent == nil && readers.isEmpty }

        /// Whether the newest events here are the newest of all, as far as is known.
        mutating func dropRecentIfBehind() {
            if let last = recent?.last, last < head { recent = nil }
        }

        /// - Parameter publication: Each reader is woken once per publication.
        mutating func take(
            _ event: StoredEvent, publication: UInt64, now: MonotonicTime, waking wakes: inout [@Sendable () -> Void]
        ) {
            // Events of other processes in between, which wake nobody when they are told of afterwards.
            let isGap = (recent?.last ?? head) + 1 < event.position
            if recent == nil { recent = RecentEvents(last: event.position - 1) }
            recent?.append(event, now: now)
            if head > event.position { dropRecentIfBehind() }
            for index in readers.indices where readers[index].wokenFor < publication {
                guard isGap || event.isMeant(for: readers[index].device) else { continue }
                readers[index].wokenFor = publication
                wakes.append(readers[index].wake)
            }
        }
    }

    private struct State {
        var users: [UserID: UserState] = [:]
        var nextNumber: UInt64 = 0
        var publications: UInt64 = 0
        /// How often something was told of other processes' commits.
        var signals: UInt64 = 0
        /// How often that may have been missed.
        var misses: UInt64 = 0
        var isClosed = false

        /// - Returns: What wakes the readers, if they have not been woken for it.
        mutating func take(head: Int64, of user: UserID) -> [@Sendable () -> Void] {
            guard var known = users[user], known.head < head else { return [] }
            known.head = head
            // What was committed here has woken its readers already.
            var wakes: [@Sendable () -> Void] = []
            if known.recent?.last ?? 0 < head {
                known.recent = nil
                wakes = known.readers.map(\.wake)
            }
            users[user] = known.isEmpty ? nil : known
            return wakes
        }

        /// Whether a position that the store has given is still the newest of a user's log, as far as is known.
        ///
        /// - Parameter moment: ``signals`` and ``misses`` before the store was asked.
        func isNewest(_ position: Int64, of user: UserID, since moment: (UInt64, UInt64)) -> Bool {
            if moment == (signals, misses) { return true }
            guard moment.1 == misses, let known = users[user], !known.readers.isEmpty else { return false }
            return known.head <= position
        }
    }

    private let store: any Store
    private let state = Mutex(State())
    /// Reads of the store, which may be large.
    private let reads = UserTurns()

    package init(store: any Store) { self.store = store }

    package var epoch: String { store.epoch }

    // MARK: Waking

    /// Calls `wake` whenever there may be new events for the reader; on any thread, and not while a lock is held.
    ///
    /// After ``close()``, calls it immediately.
    package func subscribe(_ reader: Participant, wake: @escaping @Sendable () -> Void) -> Subscription {
        let (subscription, isClosed) = state.withLock { state in
            state.nextNumber += 1
            state.users[reader.userId, default: UserState()].readers.append(
                Reader(number: state.nextNumber, device: reader.deviceId, wake: wake))
            return (Subscription(reader: reader, number: state.nextNumber), state.isClosed)
        }
        if isClosed { wake() }
        return subscription
    }

    package func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            let user = subscription.reader.userId
            state.users[user]?.readers.removeAll { $0.number == subscription.number }
            if state.users[user]?.isEmpty == true { state.users[user] = nil }
        }
    }

    /// Takes committed events and wakes the readers they are for. Called by the store, in the order of the commits.
    package func publish(_ events: [StoredEvent], now: MonotonicTime) {
        let wakes = state.withLock { state in
            var wakes: [@Sendable () -> Void] = []
            state.publications += 1
            for event in events {
                state.users[event.user, default: UserState()].take(
                    event, publication: state.publications, now: now, waking: &wakes)
            }
            return wakes
        }
        for wake in wakes { wake() }
    }

    /// Notes how far other processes have brought users' logs, and wakes those who read along.
    ///
    /// - Parameter events: Some of those events, in the order of each log. They are appended to the recent events in
    ///   memory if there is no gap before them; otherwise the store is read.
    package func grew(_ heads: [UserID: Int64], events: [StoredEvent] = [], now: MonotonicTime) {
        let wakes = state.withLock { state in
            state.signals += 1
            state.publications += 1
            var wakes: [@Sendable () -> Void] = []
            for event in events where state.users[event.user]?.recent?.last == event.position - 1 {
                state.users[event.user]?.take(event, publication: state.publications, now: now, waking: &wakes)
            }
            return wakes + heads.flatMap { state.take(head: $1, of: $0) }
        }
        for wake in wakes { wake() }
    }

    /// Notes how far a user's log is, as the store has just said: what is read from now on reaches at least to there.
    package func reaches(_ head: Int64, of user: UserID) {
        for wake in state.withLock({ $0.take(head: head, of: user) }) { wake() }
    }

    /// Other processes may have written to any log: everybody looks.
    package func missedSignals() {
        let wakes = state.withLock { state in
            state.misses += 1
            for user in state.users.keys { state.users[user]?.recent = nil }
            state.users = state.users.filter { !$0.value.isEmpty }
            return state.users.values.flatMap { $0.readers.map(\.wake) }
        }
        for wake in wakes { wake() }
    }

    /// The users whose logs somebody reads along.
    package var readers: [UserID] {
        state.withLock { state in state.users.filter { !$0.value.readers.isEmpty }.map(\.key) }
    }

    /// Whether somebody reads the log of a user along.
    package func isRead(_ user: UserID) -> Bool { state.withLock { $0.users[user]?.readers.isEmpty == false } }

    /// Wakes the readers of a device for something that is not in the log.
    package func wake(_ device: Participant) {
        let wakes = state.withLock { state in
            (state.users[device.userId]?.readers ?? []).filter { $0.device == device.deviceId }.map(\.wake)
        }
        for wake in wakes { wake() }
    }

    /// Wakes all readers because the server is stopping.
    package func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            return state.users.values.flatMap { $0.readers.map(\.wake) }
        }
        for wake in wakes { wake() }
    }

    package var isClosed: Bool { state.withLock(\.isClosed) }

    package var readerCount: Int { state.withLock { $0.users.values.reduce(0) { $0 + $1.readers.count } } }

    /// Removes events older than `moment` from memory. They remain in the store.
    package func forgetEvents(before moment: MonotonicTime) {
        state.withLock { state in
            for (user, known) in state.users where known.recent?.newest.map({ $0 < moment }) ?? true {
                // While there are readers, the newest position is kept, which saves them a read of the database.
                if known.readers.isEmpty { state.users[user] = nil } else { state.users[user]?.recent?.forget() }
            }
        }
    }

    // MARK: Reading

    /// The events after a cursor. If they are not in memory, they are read after those that the user's other readers
    /// ask for.
    ///
    /// - Parameter keepsRead: Whether events that were read from the store are kept in memory, for a reader who will
    ///   ask for them once more, with ``readNewest(after:for:limit:)``.
    /// - Throws: ``Problem`` `cursor_expired` if the cursor belongs to another log, or events after it were pruned.
    package func read(
        after cursor: Cursor, for reader: Participant, limit: Int, keepsRead: Bool = false
    ) async throws -> Page {
        if let page = try readNewest(after: cursor, for: reader, limit: limit) { return page }
        await reads.take(reader.userId)
        defer { reads.pass(reader.userId) }
        if let page = try readNewest(after: cursor, for: reader, limit: limit) { return page }
        let before = state.withLock { ($0.signals, $0.misses) }
        let read = try await store.read(.missed) {
            try $0.events(of: reader.userId, after: cursor.position, limit: limit)
        }
        guard case .events(let events) = read else { throw Self.cursorExpired }
        // A full page need not end with the newest event.
        if !Self.isFull(events[...], limit) {
            state.withLock { state in
                // The events in memory may be newer than what the store returned.
                let last = events.last?.position ?? cursor.position
                if state.users[reader.userId]?.recent == nil, state.isNewest(last, of: reader.userId, since: before) {
                    state.users[reader.userId, default: UserState()].recent =
                        keepsRead ? RecentEvents(after: cursor.position, events) : RecentEvents(last: last)
                }
            }
        }
        return page(of: events[...], after: cursor, for: reader, limit: limit)
    }

    /// The events after a cursor, from memory; `nil` if the database must be read.
    package func readNewest(after cursor: Cursor, for reader: Participant, limit: Int) throws -> Page? {
        guard cursor.epoch == store.epoch else { throw Self.cursorExpired }
        let events = state.withLock { state -> ArraySlice<StoredEvent>? in
            guard let known = state.users[reader.userId], let recent = known.recent else { return nil }
            let events = recent.events(after: cursor.position, limit: limit)
            // They are in memory for this reader alone, who has them now.
            if events != nil, recent.isStored, known.readers.count == 1 { state.users[reader.userId]?.recent?.forget() }
            return events
        }
        return events.map { page(of: $0, after: cursor, for: reader, limit: limit) }
    }

    private func page(
        of events: ArraySlice<StoredEvent>, after cursor: Cursor, for reader: Participant, limit: Int
    ) -> Page {
        Page(
            events: events.filter { $0.isMeant(for: reader.deviceId) },
            cursor: Cursor(epoch: cursor.epoch, position: events.last?.position ?? cursor.position),
            hasMore: Self.isFull(events, limit))
    }

    /// Whether there may be more behind a page.
    private static func isFull(_ events: ArraySlice<StoredEvent>, _ limit: Int) -> Bool {
        events.count == limit || events.reduce(0) { $0 + $1.body.members.count } >= Limits.pageBytes
    }

    package static var cursorExpired: Problem {
        Problem(
            .cursorExpired, "The cursor is from another log, or events after it were pruned. Begin without a cursor.")
    }
}
