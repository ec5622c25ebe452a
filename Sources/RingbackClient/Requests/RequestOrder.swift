/// Which way each request of a client goes, and when. A value: it does nothing by itself.
///
/// While a socket is open requests go over it; else each goes over HTTP. Writes are sent in the order in which they were asked,
/// across a change of transport too: a write is sent once every earlier one is answered, or was sent over the same socket.
/// Without a socket that holds as long as something is left that a lost socket did not answer; other requests over HTTP wait
/// for nobody. Reads wait for nobody ever, but go through the same socket.
///
/// A request keeps its place until it is removed: whatever did not answer it, the repetition is not overtaken.
struct RequestOrder {
    typealias RequestID = Int
    typealias SocketID = Int

    enum Route: Equatable {
        case http
        case socket(SocketID)
    }

    /// What follows from a change. To be carried out in order.
    enum Action: Equatable {
        case sendOverHTTP(RequestID)
        /// It goes over a socket instead; an answer that comes all the same counts.
        case stopHTTP(RequestID)
        /// ``nextRequest(on:)`` has something.
        case wake(SocketID)
    }

    private enum Step: Equatable {
        case waiting
        case sent(Route)
        /// It failed, and waits until ``rested(_:)`` or until there is a socket.
        case resting
    }

    private struct Entry {
        let id: RequestID
        let isWrite: Bool
        let fitsSocket: Bool
        var step = Step.waiting
    }

    /// Requests that a socket has not answered. The server takes 16 changes of calls at a time.
    static let sentAtMost = 16
    /// Requests that wait for their turn.
    static let waitingAtMost = 1000

    /// By the time they were asked.
    private var entries: [Entry] = []
    /// The first is in use; the others take over when it is lost.
    private var sockets: [SocketID] = []
    /// What a lost socket did not answer is being repeated.
    private var isRepeating = false
    /// How many entries wait.
    private var waiting = 0

    var isEmpty: Bool { entries.isEmpty }

    /// Whether one more has to be refused.
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

    /// A request is asked.
    ///
    /// - Parameters:
    ///   - id: Greater than all before.
    ///   - isWrite: Whether its order matters.
    ///   - fitsSocket: `false` for what goes over HTTP in any case.
    mutating func add(_ id: RequestID, isWrite: Bool, fitsSocket: Bool) -> [Action] {
        entries.append(Entry(id: id, isWrite: isWrite, fitsSocket: fitsSocket))
        waiting += 1
        return advance()
    }

    /// It was answered, or is not wanted any more.
    mutating func remove(_ id: RequestID) -> [Action] {
        guard let index = index(of: id) else { return [] }
        if entries.remove(at: index).step == .waiting { waiting -= 1 }
        return advance()
    }

    /// It got no answer over `route`.
    ///
    /// - Returns: Whether it is to rest, and then to be repeated; `false` when it goes another way already.
    mutating func failed(_ id: RequestID, over route: Route?) -> Bool {
        guard let index = index(of: id), self.route(of: id) == route else { return false }
        set(.resting, at: index)
        return true
    }

    /// It has waited long enough after a failure.
    mutating func rested(_ id: RequestID) -> [Action] {
        guard let index = index(of: id), entries[index].step == .resting else { return [] }
        set(.waiting, at: index)
        return advance()
    }

    // MARK: Sockets

    /// A socket takes requests from now on.
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

    /// A socket takes and answers nothing more, for the moment or for good.
    mutating func lost(_ socket: SocketID) -> [Action] {
        guard sockets.contains(socket) else { return [] }
        sockets.removeAll { $0 == socket }
        for index in entries.indices where entries[index].step == .sent(.socket(socket)) {
            set(.waiting, at: index)
        }
        if sockets.isEmpty { isRepeating = entries.contains(where: \.isWrite) }
        return advance()
    }

    /// What is to be sent over a socket next, if anything may be. It counts as sent.
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

    /// Sends what may be sent now.
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
