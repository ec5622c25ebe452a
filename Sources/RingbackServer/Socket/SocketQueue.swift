import RingbackCore

/// The unanswered requests of a socket, in the order in which they arrived.
///
/// Changes of calls are put into the store's queue as they arrive, and the store answers them in order. Any other
/// request waits for the answers to all earlier ones, and later requests wait for its answer. So all requests are
/// answered in order.
struct SocketQueue {
    /// The maximum number of waiting messages, at which the socket is no longer read.
    private static let maximumWaiting = 64
    /// The maximum number of changes that the store has not answered.
    private static let maximumPending = 16

    private var waiting: [[UInt8]] = []
    /// The next request, if it must wait for earlier answers.
    private var held: SocketWork?
    /// The changes that the store has not answered, in order.
    private var pending: [SocketRequest.Label] = []
    /// Whether a request is in progress for which later ones must wait.
    private var isBusy = false

    mutating func append(_ message: [UInt8]) { waiting.append(message) }

    var hasRoom: Bool { waiting.count < Self.maximumWaiting }

    /// The next thing to do, if it may begin.
    ///
    /// - Parameter work: Determines what a message requires.
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

    /// Removes the oldest change, which the store has answered.
    mutating func answeredChange() -> SocketRequest.Label { pending.removeFirst() }

    /// Records that the task of a request has ended.
    mutating func answeredTask() { isBusy = false }

    /// Removes requests that have not begun.
    mutating func clear() {
        waiting = []
        held = nil
    }
}

/// What a request of a socket requires.
enum SocketWork: Sendable {
    /// A change of a call, for the store's queue.
    case change(SocketRequest.Label, CallRequest)
    /// Any other operation, in a task.
    indirect case task(SocketRequest.Label, OperationRequest, @Sendable (OperationRequest) async throws -> Answer)
    /// Only an answer.
    case answer(SocketRequest.Label, any Error)
}
