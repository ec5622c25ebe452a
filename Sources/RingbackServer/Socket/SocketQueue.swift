import RingbackCore

/// The unanswered requests of a socket, in the order in which they arrived.
///
/// Changes of calls are put into the store's queue as they arrive, and the store answers them in order. Any other
/// request waits for the answers to all earlier ones, and later requests wait for its answer. So all requests are
/// answered in order.
struct SocketQueue {
    /// The maximum number of waiting messages, at which the socket is no longer read.
    private static let maximumWaiting = 64
    /// Bytes of messages that are not answered. With so many the socket is not read: what one read brings comes on top.
    private static let maximumBytes = 512 * 1024
    /// Changes that are on their way to the store at a time.
    private static let maximumPending = 16

    /// What a waiting message takes in memory beside its bytes.
    private static let messageOverhead = 64

    private var waiting: [[UInt8]] = []
    /// The next request, if it must wait for earlier answers.
    private var held: SocketWork?
    /// The changes that the store has not answered, in order.
    private var pending: [SocketRequest.Label] = []
    /// A request that is under way, and that those behind it have to wait for.
    private var busy: SocketRequest.Label?
    /// Bytes of messages that are not answered.
    private(set) var bytes = 0

    mutating func append(_ message: [UInt8]) {
        waiting.append(message)
        bytes += message.count
    }

    /// Bytes of memory that the messages take, about.
    var memory: Int { bytes + waiting.count * Self.messageOverhead }

    var hasRoom: Bool { waiting.count < Self.maximumWaiting && bytes < Self.maximumBytes }

    /// The next thing to do, if it may begin.
    ///
    /// - Parameter work: Determines what a message requires.
    mutating func next(_ work: ([UInt8]) throws(NotARequest) -> SocketWork) throws(NotARequest) -> SocketWork? {
        guard busy == nil, pending.count < Self.maximumPending else { return nil }
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
        case .task(let label, _, _):
            guard pending.isEmpty else { return hold(next) }
            busy = label
        case .answer(let label, _):
            guard pending.isEmpty else { return hold(next) }
            bytes -= label.bytes
        }
        return next
    }

    private mutating func hold(_ work: SocketWork) -> SocketWork? {
        held = work
        return nil
    }

    /// The store has answered the oldest change.
    mutating func answeredChange() -> SocketRequest.Label {
        let label = pending.removeFirst()
        bytes -= label.bytes
        return label
    }

    /// The task of a request has ended.
    mutating func answeredTask() {
        bytes -= busy.take()?.bytes ?? 0
    }

    /// Forgets what has not begun: nothing more is appended.
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
