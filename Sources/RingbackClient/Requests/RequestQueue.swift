import CurlTransport
import RingbackModel
import Synchronization

/// The unanswered requests of one client, and the sockets over which they may be sent.
///
/// ``RequestOrder`` decides, and this class carries the decisions out. A request is in the queue while a task waits for
/// its answer. A socket's thread takes the next request only when it can write it.
final class RequestQueue: Sendable {
    typealias RequestID = RequestOrder.RequestID

    /// The next step of the task that waits for an answer.
    enum Turn: Sendable {
        case sendOverHTTP
        case answered(CurlResponse)
    }

    private struct Pending {
        let request: APIRequest
        /// The next step, until the task takes it.
        var turn: Turn?
        var waiter: CheckedContinuation<Turn, any Error>?
        /// The most recent HTTP transfer.
        var transfer: CurlTransfer?

        var isAnswered: Bool { if case .answered = turn { true } else { false } }
    }

    private struct State {
        var order = RequestOrder()
        var pending: [RequestID: Pending] = [:]
        var sockets: [RequestOrder.SocketID: SocketConnection] = [:]
        /// The token of the requests. Sockets with another token are not used.
        var token: String?
        var lastID = 0
    }

    /// What to do after the lock is released.
    private struct Effects: Sendable {
        var told: [(waiter: CheckedContinuation<Turn, any Error>, turn: Turn)] = []
        var stopped: [CurlTransfer] = []
        var woken: [SocketConnection] = []

        func carryOut() {
            for (waiter, turn) in told { waiter.resume(returning: turn) }
            for transfer in stopped { CurlDriver.shared.cancel(transfer) }
            for socket in woken { socket.wake() }
        }
    }

    private let state: Mutex<State>

    init(token: String?) { state = Mutex(State(token: token)) }

    /// Whether a socket that accepts requests is open.
    var hasSocket: Bool { state.withLock { !$0.sockets.isEmpty } }

    private func change(_ change: (inout State) -> [RequestOrder.Action]) {
        state.withLock { state in
            let actions = change(&state)
            return Self.effects(of: actions, &state)
        }.carryOut()
    }

    private static func effects(of actions: [RequestOrder.Action], _ state: inout State) -> Effects {
        var effects = Effects()
        for action in actions {
            switch action {
            case .sendOverHTTP(let id): tell(id, .sendOverHTTP, &state, &effects)
            case .stopHTTP(let id):
                guard state.pending[id]?.isAnswered == false else { continue }
                state.pending[id]?.turn = nil
                if let transfer = state.pending[id]?.transfer { effects.stopped.append(transfer) }
            case .wake(let id):
                if let socket = state.sockets[id] { effects.woken.append(socket) }
            }
        }
        return effects
    }

    private static func tell(_ id: RequestID, _ turn: Turn, _ state: inout State, _ effects: inout Effects) {
        guard state.pending[id]?.isAnswered == false else { return }
        if let waiter = state.pending[id]?.waiter.take() {
            effects.told.append((waiter, turn))
        } else {
            state.pending[id]?.turn = turn
        }
    }

    // MARK: For the task that waits for an answer

    /// Appends a request.
    ///
    /// - Returns: Its identifier. The caller must remove it in every case.
    /// - Throws: ``RingbackError`` with the kind `busy` if too many requests wait.
    func add(_ request: APIRequest) throws(RingbackError) -> RequestID {
        let isWrite = request.operation.isWrite
        let fitsSocket = request.operation.goesOverSocket && SocketExchange.fits(request)
        var name: RequestID?
        change { state in
            guard !state.order.isFull else { return [] }
            state.lastID += 1
            name = state.lastID
            state.pending[state.lastID] = Pending(request: request)
            return state.order.add(state.lastID, isWrite: isWrite, fitsSocket: fitsSocket)
        }
        guard let name else {
            throw .transport(
                TransportFailure(kind: .busy, detail: "\(RequestOrder.waitingAtMost) requests are waiting to be sent"))
        }
        return name
    }

    func remove(_ id: RequestID) {
        change { state in
            state.pending[id] = nil
            return state.order.remove(id)
        }
    }

    /// Waits for the next step of a request.
    ///
    /// - Returns: `nil` if there was none before the deadline.
    func turn(of id: RequestID, by deadline: ContinuousClock.Instant) async throws -> Turn? {
        if let turn = state.withLock({ $0.pending[id]?.turn.take() }) { return turn }
        return try await withThrowingTaskGroup(of: Turn?.self) { group in
            group.addTask { try await self.wait(for: id) }
            group.addTask {
                try await Task.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            if let turn = try await group.next() ?? nil { return turn }
            // It may have arrived just at the deadline.
            group.cancelAll()
            return try? await group.next() ?? nil
        }
    }

    private func wait(for id: RequestID) async throws -> Turn {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let turn = state.withLock { state -> Result<Turn, any Error>? in
                    if let turn = state.pending[id]?.turn.take() { return .success(turn) }
                    guard !Task.isCancelled else { return .failure(CancellationError()) }
                    state.pending[id]?.waiter = continuation
                    return nil
                }
                if let turn { continuation.resume(with: turn) }
            }
        } onCancel: {
            state.withLock { $0.pending[id]?.waiter.take() }?.resume(throwing: CancellationError())
        }
    }

    /// Records the HTTP transfer of a request.
    ///
    /// - Returns: `false` if the request has taken another route meanwhile.
    func begin(_ transfer: CurlTransfer, for id: RequestID) -> Bool {
        state.withLock { state in
            guard state.order.route(of: id) == .http, state.pending[id]?.isAnswered == false else { return false }
            state.pending[id]?.turn = nil
            state.pending[id]?.transfer = transfer
            return true
        }
    }

    /// Records that a request got no answer over HTTP.
    ///
    /// - Returns: Whether to wait and then repeat it; `false` if it has taken another route meanwhile.
    func failedOverHTTP(_ id: RequestID) -> Bool {
        state.withLock { state in
            // Answered over a socket meanwhile, or about to be sent again.
            guard let pending = state.pending[id], pending.turn == nil else { return false }
            return state.order.failed(id, over: .http)
        }
    }

    /// Records that a request got no answer in time. A socket that owes the answer is closed, as an HTTP connection
    /// would be.
    ///
    /// - Returns: Whether to wait and then repeat the request; `false` if the answer has just arrived.
    func timedOut(_ id: RequestID) -> Bool {
        let (isUnanswered, socket) = state.withLock { state -> (Bool, SocketConnection?) in
            guard state.pending[id]?.isAnswered == false else { return (false, nil) }
            // The step that was due is void: the time is up.
            state.pending[id]?.turn = nil
            let route = state.order.route(of: id)
            _ = state.order.failed(id, over: route)
            guard case .socket(let socket) = route else { return (true, nil) }
            return (true, state.sockets[socket])
        }
        socket?.giveUp()
        return isUnanswered
    }

    func rested(_ id: RequestID) { change { $0.order.rested(id) } }

    /// Sets the token of the requests. Requests that are unanswered on sockets with another token are repeated over
    /// HTTP.
    func use(token: String?) {
        change { state in
            guard state.token != token else { return [] }
            state.token = token
            let sockets = state.sockets.keys
            state.sockets = [:]
            return sockets.flatMap { state.order.lost($0) }
        }
    }

    // MARK: For a socket

    /// Records that a socket accepts requests, unless it has another token.
    func opened(_ socket: SocketConnection) {
        change { state in
            guard state.token == socket.token else { return [] }
            state.sockets[socket.id] = socket
            return state.order.opened(socket.id)
        }
    }

    /// Records that a socket neither sends requests nor receives answers, temporarily or for good.
    func lost(_ socket: SocketConnection) {
        change { state in
            state.sockets[socket.id] = nil
            return state.order.lost(socket.id)
        }
    }

    /// The next message that the socket has to send.
    func nextMessage(for socket: SocketConnection) -> [UInt8]? {
        let next = state.withLock { state in
            state.order.nextRequest(on: socket.id).flatMap { id in state.pending[id].map { (id, $0.request) } }
        }
        return next.map { SocketExchange.request($0, $1) }
    }

    /// Takes an answer from a socket. Drops it if nobody waits for it.
    func received(_ answer: SocketExchange.Answer) {
        state.withLock { state in
            var effects = Effects()
            Self.tell(answer.id, .answered(answer.response), &state, &effects)
            // The same request may be under way over HTTP; that transfer is stopped.
            if let transfer = state.pending[answer.id]?.transfer { effects.stopped.append(transfer) }
            return effects
        }.carryOut()
    }
}
