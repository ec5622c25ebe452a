import RingbackModel

/// The newest events of one user, bounded in number and bytes: some three calls of them. More of them cost more than they save,
/// as what is forgotten has left the processor's caches meanwhile.
struct RecentEvents: Sendable {
    private static let maximumCount = 32
    private static let maximumBytes = 256 * 1024

    private var events: [StoredEvent] = []
    private var bytes = 0
    /// The position of the newest event of all, here or not.
    private var last: Int64
    /// When the newest event came.
    private(set) var newest: Timestamp?

    /// Knows that `last` is the newest position, and of no event.
    init(last: Int64) { self.last = last }

    mutating func append(_ event: StoredEvent, now: Timestamp) {
        // Something is missing in between: what came before can't be told from here.
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

    /// Keeps only the newest position.
    mutating func forget() {
        events = []
        bytes = 0
    }

    /// Events after a position; `nil` when they can't tell, because they begin later or the position is not of this log.
    func events(after position: Int64, limit: Int) -> ArraySlice<StoredEvent>? {
        let first = events.first?.position ?? last + 1
        guard position >= first - 1, position <= last else { return nil }
        return events.dropFirst(Int(position - first + 1)).prefix(limit)
    }
}
