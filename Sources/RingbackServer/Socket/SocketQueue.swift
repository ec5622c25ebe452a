import RingbackCore

/// The requests of a socket that are not answered, in the order they came.
///
/// Changes of calls go to the store's one queue as they come, and are answered in its order. Any other request waits for the
/// answers before it, and those behind it wait for its own: so all are answered in their order.
struct SocketQueue {
    /// Messages that wait. With so many the socket is not read.
    private static let maximumWaiting = 64
    /// Changes that are on their way to the store at a time.
    private static let maximumPending = 16

    private var waiting: [[UInt8]] = []
    /// The next request, which waits for the answers of those before it.
    private var held: SocketWork?
    /// Of the changes that the store has not answered, in their order.
    private var pending: [SocketRequest.Label] = []
    /// A request is under way that those behind it have to wait for.
    private var isBusy = false

    mutating func append(_ message: [UInt8]) { waiting.append(message) }

    var hasRoom: Bool { waiting.count < Self.maximumWaiting }

    /// What is to be done next, when its turn is there.
    ///
    /// - Parameter work: What a message asks for.
    mutating func next(_ work: ([UInt8]) throws(NotARequest) -> SocketWork) throws(NotARequest) -> SocketWork? {
        guard !isBusy, pending.count < Self.maximumPending else { return nil }
        let next: SocketWork
        if let first = held.take() {
            next = first
        } else if !waiting.isEmpty {
            next = try work(waiting.removeFirst())
        } else {
            return nil
        }
        switch next {
        case .change(let label, _): pending.append(label)
        case .task, .answer:
            guard pending.isEmpty else {
                held = next
                return nil
            }
            if case .task = next { isBusy = true }
        }
        return next
    }

    /// The store has answered the oldest change.
    mutating func answeredChange() -> SocketRequest.Label { pending.removeFirst() }

    /// The task of a request has ended.
    mutating func answeredTask() { isBusy = false }

    /// Forgets what has not begun.
    mutating func clear() {
        waiting = []
        held = nil
    }
}

/// What a socket has to do for a request.
enum SocketWork: Sendable {
    /// A change of a call, for the store's queue.
    case change(SocketRequest.Label, CallRequest)
    /// Anything else: it takes a task.
    indirect case task(SocketRequest.Label, OperationRequest, @Sendable (OperationRequest) async throws -> Answer)
    /// Nothing but to answer it.
    case answer(SocketRequest.Label, any Error)
}
