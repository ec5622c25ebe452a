import RingbackModel

/// The newest events of one user, bounded in number and bytes.
struct EventRing: Sendable {
    private static let maximumCount = 128
    private static let maximumBytes = 256 * 1024

    private var events: [StoredEvent] = []
    private var bytes = 0
    /// When the newest event came.
    private(set) var newest: Timestamp?

    mutating func append(_ event: StoredEvent, now: Timestamp) {
        events.append(event)
        bytes += event.body.members.count
        newest = now
        guard events.count > Self.maximumCount || bytes > Self.maximumBytes else { return }
        let surplus = max(1, events.count / 4)
        bytes -= events.prefix(surplus).reduce(0) { $0 + $1.body.members.count }
        events.removeFirst(surplus)
    }

    /// Events after a position; `nil` when the ring can't tell, because it begins later or the position is not of this log.
    func events(after position: Int64, limit: Int) -> [StoredEvent]? {
        guard let first = events.first?.position, let last = events.last?.position, position >= first - 1,
            position <= last
        else { return nil }
        return Array(events.dropFirst(Int(position - first + 1)).prefix(limit))
    }
}
