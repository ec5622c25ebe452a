package import RingbackModel
import Synchronization

/// What happens to users, for those who read along.
///
/// A reader arms first (``subscribe(_:wake:)``), then reads, then waits for its wake-up, so that nothing falls between. A
/// wake-up carries nothing: the log is the truth. The newest events of each user are kept in memory, filled after the
/// commit, so that a wake-up costs no read of the database.
package final class EventFeed: Sendable {
    /// What a reader gets.
    package struct Page: Sendable {
        /// Events for the reader's device, in order.
        package var events: [StoredEvent]
        /// Where to go on. It may be further than the last event: others' events were passed over.
        package var cursor: Cursor
        /// There may be more at once.
        package var hasMore: Bool
    }

    /// A reader's place in the list of those to wake.
    package struct Subscription: Sendable, Hashable {
        let reader: Participant
        let number: UInt64
    }

    private struct Reader: Sendable {
        let device: DeviceID
        let wake: @Sendable () -> Void
    }

    private struct State {
        var rings: [UserID: EventRing] = [:]
        var readers: [UserID: [UInt64: Reader]] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let store: any Store
    private let state = Mutex(State())

    package init(store: any Store) { self.store = store }

    package var epoch: String { store.epoch }

    // MARK: Waking

    /// Calls `wake` whenever there may be something new for the reader; on any thread, never under a lock.
    ///
    /// After ``close()`` it is called at once.
    package func subscribe(_ reader: Participant, wake: @escaping @Sendable () -> Void) -> Subscription {
        let (subscription, isClosed) = state.withLock { state in
            state.nextNumber += 1
            state.readers[reader.userId, default: [:]][state.nextNumber] = Reader(device: reader.deviceId, wake: wake)
            return (Subscription(reader: reader, number: state.nextNumber), state.isClosed)
        }
        if isClosed { wake() }
        return subscription
    }

    package func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            let user = subscription.reader.userId
            state.readers[user]?[subscription.number] = nil
            if state.readers[user]?.isEmpty == true { state.readers[user] = nil }
        }
    }

    /// Takes what was committed and wakes those it is meant for. Called by the store, in the order of the commits.
    package func publish(_ events: [StoredEvent], now: Timestamp) {
        let wakes = state.withLock { state in
            var wakes: [UInt64: @Sendable () -> Void] = [:]
            for event in events {
                state.rings[event.user, default: EventRing(last: event.position - 1)].append(event, now: now)
                for (number, reader) in state.readers[event.user] ?? [:] where event.isMeant(for: reader.device) {
                    wakes[number] = reader.wake
                }
            }
            return wakes
        }
        for wake in wakes.values { wake() }
    }

    /// Wakes a device's readers for something that is not in the log.
    package func wake(_ device: Participant) {
        let wakes = state.withLock { state in
            (state.readers[device.userId] ?? [:]).values.filter { $0.device == device.deviceId }.map(\.wake)
        }
        for wake in wakes { wake() }
    }

    /// Wakes everyone for good: the server is about to stop.
    package func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            return state.readers.values.flatMap { $0.values.map(\.wake) }
        }
        for wake in wakes { wake() }
    }

    package var isClosed: Bool { state.withLock(\.isClosed) }

    package var readerCount: Int { state.withLock { $0.readers.values.reduce(0) { $0 + $1.count } } }

    /// Forgets events that came before `moment`; the store still has them.
    package func forgetEvents(before moment: Timestamp) {
        state.withLock { state in
            for (user, ring) in state.rings where ring.newest.map({ $0 < moment }) ?? true {
                // Who reads along is spared the database: the newest position stays known.
                if state.readers[user] == nil { state.rings[user] = nil } else { state.rings[user]?.forget() }
            }
        }
    }

    // MARK: Reading

    /// Events after a cursor.
    ///
    /// - Throws: ``Problem`` `cursor_expired` when the cursor is of another log, or what came after it was pruned.
    package func read(after cursor: Cursor, for reader: Participant, limit: Int) async throws -> Page {
        if let page = try readNewest(after: cursor, for: reader, limit: limit) { return page }
        let read = try await store.read { try $0.events(of: reader.userId, after: cursor.position, limit: limit) }
        guard case .events(let events) = read else { throw Self.cursorExpired }
        if events.count < limit {
            state.withLock { state in
                // A ring that is there has heard of later commits than the store was asked for.
                let last = events.last?.position ?? cursor.position
                if state.rings[reader.userId] == nil { state.rings[reader.userId] = EventRing(last: last) }
            }
        }
        return page(of: events[...], after: cursor, for: reader, limit: limit)
    }

    /// Events after a cursor without touching the database; `nil` when only the database can tell.
    package func readNewest(after cursor: Cursor, for reader: Participant, limit: Int) throws -> Page? {
        guard cursor.epoch == store.epoch else { throw Self.cursorExpired }
        let events = state.withLock { $0.rings[reader.userId]?.events(after: cursor.position, limit: limit) }
        return events.map { page(of: $0, after: cursor, for: reader, limit: limit) }
    }

    private func page(
        of events: ArraySlice<StoredEvent>, after cursor: Cursor, for reader: Participant, limit: Int
    ) -> Page {
        Page(
            events: events.filter { $0.isMeant(for: reader.deviceId) },
            cursor: Cursor(epoch: cursor.epoch, position: events.last?.position ?? cursor.position),
            hasMore: events.count == limit)
    }

    package static var cursorExpired: Problem {
        Problem(
            .cursorExpired, "The cursor is not of this log, or events after it were pruned. Begin without a cursor.")
    }
}
