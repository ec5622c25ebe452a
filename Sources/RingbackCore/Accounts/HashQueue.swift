import RingbackModel

/// The user of a client that names a device of the user's, or has proved to be one.
package struct KnownUser: Sendable, Hashable {
    let userId: UserID
    let isProven: Bool
}

/// The order in which passwords are hashed.
///
/// Known devices have a lane of their own, which is served in turn with the others. Among them each user is served in
/// turn (with proof and without it separately), and among the others each client address, so that many sign-ins of one
/// user, or from one address, delay only those.
struct HashQueue<Work> {
    /// Where a piece of work waits.
    enum Lane: Hashable, Sendable {
        /// The sign-in of a device that has signed in before.
        case knownDevice(of: KnownUser)
        /// All others from an address; `nil` for clients that can't be told apart.
        case address(String?)
    }

    static var maximumOfUser: Int { 4 }
    static var maximumOfAddress: Int { 512 }
    /// Of each of the two lanes.
    static var maximum: Int { 1024 }

    private var known = TurnQueue<KnownUser, Work>(maximum: Self.maximum, maximumOfKey: Self.maximumOfUser)
    private var others = TurnQueue<String?, Work>(maximum: Self.maximum, maximumOfKey: Self.maximumOfAddress)
    private var takesKnownDevice = true

    /// - Returns: Whether there was room.
    mutating func append(_ work: Work, to lane: Lane) -> Bool {
        switch lane {
        case .knownDevice(let user): known.append(work, of: user)
        case .address(let address): others.append(work, of: address)
        }
    }

    mutating func next() -> Work? {
        defer { takesKnownDevice.toggle() }
        return takesKnownDevice ? known.next() ?? others.next() : others.next() ?? known.next()
    }
}

/// Work that is taken from each key in turn.
private struct TurnQueue<Key: Hashable, Work> {
    let maximum: Int
    let maximumOfKey: Int
    private var waiting: [Key: [Work]] = [:]
    /// The keys with waiting work, the one to be served next first.
    private var turns: [Key] = []
    private var count = 0

    init(maximum: Int, maximumOfKey: Int) { (self.maximum, self.maximumOfKey) = (maximum, maximumOfKey) }

    /// - Returns: Whether there was room.
    mutating func append(_ work: Work, of key: Key) -> Bool {
        let ofKey = waiting[key]?.count ?? 0
        guard count < maximum, ofKey < maximumOfKey else { return false }
        if ofKey == 0 { turns.append(key) }
        waiting[key, default: []].append(work)
        count += 1
        return true
    }

    mutating func next() -> Work? {
        guard !turns.isEmpty else { return nil }
        let key = turns.removeFirst()
        let work = waiting[key]?.removeFirst()
        count -= 1
        if waiting[key]?.isEmpty == true { waiting[key] = nil } else { turns.append(key) }
        return work
    }
}
