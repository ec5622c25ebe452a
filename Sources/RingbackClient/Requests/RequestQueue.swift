import CurlTransport
import RingbackModel
import Synchronization

/// The requests of one client that wait for an answer, and the sockets that they may go over.
///
/// ``RequestOrder`` decides; this carries out. A request is here for as long as a task waits for its answer and no longer, and
/// nothing is sent ahead of the network: the thread of a socket takes the next request when it can write it.
final class RequestQueue: Sendable {
    typealias RequestID = RequestOrder.RequestID

    /// What the task that waits for an answer has to do next.
    enum Turn: Sendable {
        case sendOverHTTP
        case answered(CurlResponse)
    }

    private struct Pending {
        let request: OperationRequest
        /// Set, and not yet taken by the task.
        var turn: Turn?
        var waiter: CheckedContinuation<Turn, any Error>?
        /// The newest one.
        var transfer: CurlTransfer?

        var isAnswered: Bool { if case .answered = turn { true } else { false } }
    }

    private struct State {
        var order = RequestOrder()
        var pending: [RequestID: Pending] = [:]
        var sockets: [RequestOrder.SocketID: SocketConnection] = [:]
        /// The token of the requests: a socket that was opened with another one takes none.
        var token: String?
        var lastID = 0
    }

    /// What is to be done once the lock is released.
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

    /// Whether a socket is open that takes requests.
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

    // MARK: For the task that asks

    /// Adds a request behind all that wait for an answer.
    ///
    /// - Returns: Its name, to be removed in any case.
    /// - Throws: ``RingbackError`` `busy` when too many wait.
    func add(_ request: OperationRequest) throws(RingbackError) -> RequestID {
        let isWrite = request.operation.isWrite
        let fitsSocket = request.operation.goesOverSocket && SocketMessage.fits(request)
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
                TransportFailure(kind: .busy, detail: "\(RequestOrder.waitingAtMost) requests wait for their turn"))
        }
        return name
    }

    func remove(_ id: RequestID) {
        change { state in
            state.pending[id] = nil
            return state.order.remove(id)
        }
    }

    /// Waits for what becomes of a request.
    ///
    /// - Returns: `nil` when nothing has until the deadline.
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
            // It may have come in the moment of the deadline.
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

    /// Notes the HTTP transfer of a request.
    ///
    /// - Returns: `false` when it goes another way by now.
    func begin(_ transfer: CurlTransfer, for id: RequestID) -> Bool {
        state.withLock { state in
            guard state.order.route(of: id) == .http, state.pending[id]?.isAnswered == false else { return false }
            state.pending[id]?.turn = nil
            state.pending[id]?.transfer = transfer
            return true
        }
    }

    /// No answer came over HTTP.
    ///
    /// - Returns: Whether it is to be repeated after a rest; `false` when it goes another way by now.
    func failedOverHTTP(_ id: RequestID) -> Bool {
        state.withLock { state in
            // It was answered over a socket meanwhile, or is to be sent anew.
            guard let pending = state.pending[id], pending.turn == nil else { return false }
            return state.order.failed(id, over: .http)
        }
    }

    /// No answer came in time. A socket that owes it is given up, as a connection of HTTP would be.
    ///
    /// - Returns: Whether the request is to be repeated after a rest; `false` when the answer has just come.
    func timedOut(_ id: RequestID) -> Bool {
        let (isUnanswered, socket) = state.withLock { state -> (Bool, SocketConnection?) in
            guard state.pending[id]?.isAnswered == false else { return (false, nil) }
            // What it was to do next is void: the time for it is over.
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

    /// Sets the token of the requests. What sockets of another token have not answered is repeated over HTTP.
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

    /// The socket takes requests from now on, unless it is of another token.
    func opened(_ socket: SocketConnection) {
        change { state in
            guard state.token == socket.token else { return [] }
            state.sockets[socket.id] = socket
            return state.order.opened(socket.id)
        }
    }

    /// The socket takes and answers nothing more, for the moment or for good.
    func lost(_ socket: SocketConnection) {
        change { state in
            state.sockets[socket.id] = nil
            return state.order.lost(socket.id)
        }
    }

    /// What the socket is to send next.
    func nextMessage(for socket: SocketConnection) -> [UInt8]? {
        let next = state.withLock { state in
            state.order.nextRequest(on: socket.id).flatMap { id in state.pending[id].map { (id, $0.request) } }
        }
        return next.map { SocketMessage.request($0, $1) }
    }

    /// An answer has come over a socket. One that nobody waits for is dropped.
    func received(_ answer: SocketMessage.Answer) {
        state.withLock { state in
            var effects = Effects()
            Self.tell(answer.id, .answered(answer.response), &state, &effects)
            // One that was sent over HTTP meanwhile has to wait no longer.
            if let transfer = state.pending[answer.id]?.transfer { effects.stopped.append(transfer) }
            return effects
        }.carryOut()
    }
}
