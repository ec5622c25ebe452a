/// The order in which passwords are hashed.
///
/// Known devices have a lane of their own, which is served in turn with the others. Among the others, each client address is
/// served in turn, so that many sign-ins from one address delay only that address.
struct HashQueue<Work> {
    /// Where a piece of work waits.
    enum Lane: Hashable, Sendable {
        /// The sign-in of a device that has signed in before.
        case knownDevice
        /// All others from an address; `nil` for clients that can't be told apart.
        case address(String?)
    }

    static var maximumOfKnownDevices: Int { 256 }
    static var maximumOfAddress: Int { 512 }
    static var maximum: Int { 1024 }

    private var known: [Work] = []
    private var others: [String?: [Work]] = [:]
    /// The addresses with waiting work, the one to be served next first.
    private var turns: [String?] = []
    private var count = 0
    private var takesKnownDevice = true

    /// - Returns: Whether there was room.
    mutating func append(_ work: Work, to lane: Lane) -> Bool {
        switch lane {
        case .knownDevice:
            guard known.count < Self.maximumOfKnownDevices else { return false }
            known.append(work)
        case .address(let address):
            let waiting = others[address]?.count ?? 0
            guard count < Self.maximum, waiting < Self.maximumOfAddress else { return false }
            if waiting == 0 { turns.append(address) }
            others[address, default: []].append(work)
            count += 1
        }
        return true
    }

    mutating func next() -> Work? {
        defer { takesKnownDevice.toggle() }
        if !known.isEmpty, takesKnownDevice || turns.isEmpty { return known.removeFirst() }
        guard !turns.isEmpty else { return nil }
        let address = turns.removeFirst()
        let work = others[address]?.removeFirst()
        count -= 1
        if others[address]?.isEmpty == true { others[address] = nil } else { turns.append(address) }
        return work
    }
}
