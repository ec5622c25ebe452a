/// Decides over which transport each request of a client is sent, and when. A value without side effects.
///
/// While a socket is open, requests are sent over it, otherwise over HTTP. Writes are sent in the order in which they
/// were made, also when the transport changes: a write is sent once every earlier write has been answered or was sent
/// over the same socket. Without a socket, this applies only until everything that a lost socket left unanswered is
/// answered; apart from that, requests over HTTP do not wait for each other. Reads never wait for other requests, but
/// use the same socket.
///
/// A request keeps its position until it is removed, so its repetition is not overtaken by later writes.
struct RequestOrder {
    typealias RequestID = Int
    typealias SocketID = Int

    enum Route: Equatable {
        case http
        case socket(SocketID)
    }

    /// An action that a change requires. Actions must be carried out in order.
    enum Action: Equatable {
        case sendOverHTTP(RequestID)
        /// Stop the transfer: the request goes over a socket instead. A response that arrives nevertheless counts.
        case stopHTTP(RequestID)
        /// ``nextRequest(on:)`` may return a request.
        case wake(SocketID)
    }

    private enum Step: Equatable {
        case waiting
        case sent(Route)
        /// Failed. Waits until ``rested(_:)``, or until a socket opens.
        case resting
    }

    private struct Entry {
        let id: RequestID
        let isWrite: Bool
        let fitsSocket: Bool
        var step = Step.waiting
    }

    /// The maximum number of requests that a socket has not answered. The server processes 16 changes of calls at a
    /// time.
    static let sentAtMost = 16
    /// The maximum number of requests waiting to be sent.
    static let waitingAtMost = 1000

    /// In the order in which the requests were made.
    private var entries: [Entry] = []
    /// The first is in use. The others replace it when it is lost.
    private var sockets: [SocketID] = []
    /// Requests that a lost socket left unanswered are being repeated.
    private var isRepeating = false
    /// The number of entries that wait.
    private var waiting = 0

    var isEmpty: Bool { entries.isEmpty }

    /// Whether further requests must be rejected.
    var isFull: Bool { waiting >= Self.waitingAtMost }

    func route(of id: RequestID) -> Route? {
        guard let index = index(of: id), case .sent(let route) = entries[index].step else { return nil }
        return route
    }

    private func index(of id: RequestID) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id ? low : nil
    }

    private mutating func set(_ step: Step, at index: Int) {
        if entries[index].step == .waiting { waiting -= 1 }
        if step == .waiting { waiting += 1 }
        entries[index].step = step
    }

    // MARK: Requests

    /// Adds a request.
    ///
    /// - Parameters:
    ///   - id: Must be greater than all earlier ones.
    ///   - isWrite: Whether the request must keep its order.
    ///   - fitsSocket: `false` if the request must go over HTTP.
    mutating func add(_ id: RequestID, isWrite: Bool, fitsSocket: Bool) -> [Action] {
        entries.append(Entry(id: id, isWrite: isWrite, fitsSocket: fitsSocket))
        waiting += 1
        return advance()
    }

    /// Removes a request that was answered or is no longer wanted.
    mutating func remove(_ id: RequestID) -> [Action] {
        guard let index = index(of: id) else { return [] }
        if entries.remove(at: index).step == .waiting { waiting -= 1 }
        return advance()
    }

    /// Records that a request got no answer over `route`.
    ///
    /// - Returns: Whether to wait and then repeat the request; `false` if it has taken another route already.
    mutating func failed(_ id: RequestID, over route: Route?) -> Bool {
        guard let index = index(of: id), self.route(of: id) == route else { return false }
        set(.resting, at: index)
        return true
    }

    /// Makes a failed request ready to be sent again.
    mutating func rested(_ id: RequestID) -> [Action] {
        guard let index = index(of: id), entries[index].step == .resting else { return [] }
        set(.waiting, at: index)
        return advance()
    }

    // MARK: Sockets

    /// Records that a socket accepts requests.
    mutating func opened(_ socket: SocketID) -> [Action] {
        guard !sockets.contains(socket) else { return [] }
        sockets.append(socket)
        guard sockets.count == 1 else { return [] }
        var actions: [Action] = []
        for index in entries.indices where entries[index].fitsSocket {
            if entries[index].step == .sent(.http) { actions.append(.stopHTTP(entries[index].id)) }
            set(.waiting, at: index)
        }
        return actions + advance()
    }

    /// Records that a socket neither sends requests nor receives answers, temporarily or for good.
    mutating func lost(_ socket: SocketID) -> [Action] {
        guard sockets.contains(socket) else { return [] }
        sockets.removeAll { $0 == socket }
        for index in entries.indices where entries[index].step == .sent(.socket(socket)) {
            set(.waiting, at: index)
        }
        if sockets.isEmpty { isRepeating = entries.contains(where: \.isWrite) }
        return advance()
    }

    /// The next request to send over a socket, if any. It counts as sent.
    mutating func nextRequest(on socket: SocketID) -> RequestID? {
        guard let index = indexOfNext(on: socket) else { return nil }
        set(.sent(.socket(socket)), at: index)
        return entries[index].id
    }

    private func indexOfNext(on socket: SocketID) -> Int? {
        guard waiting > 0, socket == sockets.first,
            entries.count(where: { $0.step == .sent(.socket(socket)) }) < Self.sentAtMost
        else { return nil }
        var mayWrite = true
        for (index, entry) in entries.enumerated() {
            if entry.step == .waiting, entry.fitsSocket, !entry.isWrite || mayWrite { return index }
            if entry.isWrite, entry.step != .sent(.socket(socket)) { mayWrite = false }
        }
        return nil
    }

    /// Sends everything that may be sent now.
    private mutating func advance() -> [Action] {
        if isRepeating { isRepeating = entries.contains(where: \.isWrite) }
        guard waiting > 0 else { return [] }
        var actions: [Action] = []
        let isOrdered = !sockets.isEmpty || isRepeating
        var mayWrite = true
        for (index, entry) in entries.enumerated() {
            let mayGo = !entry.isWrite || mayWrite || !isOrdered
            if entry.step == .waiting, mayGo, sockets.isEmpty || !entry.fitsSocket {
                set(.sent(.http), at: index)
                actions.append(.sendOverHTTP(entry.id))
            }
            if entry.isWrite { mayWrite = false }
        }
        if let socket = sockets.first, indexOfNext(on: socket) != nil { actions.append(.wake(socket)) }
        return actions
    }
}
