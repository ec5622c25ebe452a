import RingbackModel

/// The most recent events of one user, bounded in number and bytes to those of about three calls. A larger bound costs
/// more than it saves, because older events are no longer in the processor's caches.
struct RecentEvents: Sendable {
    private static let maximumCount = 32
    private static let maximumBytes = 256 * 1024

    private var events: [StoredEvent] = []
    private var bytes = 0
    /// The position of the newest event, which need not be in memory.
    private(set) var last: Int64
    /// The time of the newest event.
    private(set) var newest: MonotonicTime?

    /// Knows the newest position, and no events.
    init(last: Int64) { self.last = last }

    /// Stores the newest events of the store, which are all events after `position`. They are removed from memory
    /// first.
    init(after position: Int64, _ events: [StoredEvent]) {
        last = position
        for event in events { append(event, now: nil) }
    }

    mutating func append(_ event: StoredEvent, now: MonotonicTime?) {
        // There is a gap, so earlier events can no longer be returned from memory.
        if event.position != last + 1 { forget() }
        events.append(event)
        last = event.position
        bytes += event.body.members.count
        newest = now
        guard events.count > Self.maximumCount || bytes > Self.maximumBytes else { return }
        let surplus = max(1, events.count / 4)
        bytes -= events.prefix(surplus).reduce(0) { $0 + $1.body.members.count }
        events.removeFirst(surplus)
    }

    /// Whether there are events, which the store had when it was read, and none has happened since.
    var isStored: Bool { newest == nil && !events.isEmpty }

    /// Removes the events but keeps the newest position.
    mutating func forget() {
        events = []
        bytes = 0
    }

    /// The events after a position, at most `limit`, up to the one that brings their bodies to ``Limits/pageBytes``;
    /// `nil` if they are not all in memory, or the position is not in this log.
    func events(after position: Int64, limit: Int) -> ArraySlice<StoredEvent>? {
        let first = events.first?.position ?? last + 1
        guard position >= first - 1, position <= last else { return nil }
        let page = events.dropFirst(Int(position - first + 1)).prefix(limit)
        // All of them, as a rule.
        guard bytes >= Limits.pageBytes else { return page }
        var room = Limits.pageBytes
        return page.prefix { event in
            defer { room -= event.body.members.count }
            return room > 0
        }
    }
}
