/// The ids of the most recent events, to recognize events that are delivered again.
struct RecentIDs {
    private let capacity: Int
    private var ring: [String] = []
    private var next = 0
    private var known: Set<String> = []

    init(capacity: Int) { self.capacity = capacity }

    /// - Returns: Whether `id` is new.
    mutating func insert(_ id: String) -> Bool {
        guard known.insert(id).inserted else { return false }
        if ring.count < capacity {
            ring.append(id)
        } else {
            known.remove(ring[next])
            ring[next] = id
            next = (next + 1) % capacity
        }
        return true
    }
}
