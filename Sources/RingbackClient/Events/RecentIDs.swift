/// The newest ids of events, to know one that comes again.
struct RecentIDs {
    private let capacity: Int
    private var ring: [String] = []
    private var next = 0
    private var known: Set<String> = []

    init(capacity: Int) { self.capacity = capacity }

    /// - Returns: Whether it is new.
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
