import RingbackCore
import RingbackModel

/// One thing that clients can ask for: the same over HTTP and over a socket. One object for all its requests.
final class Operation: Sendable {
    enum Access: Sendable { case anyone, device, administrator }

    /// What an `Idempotency-Key` does.
    enum Repeating: Sendable {
        /// The call remembers what was done with it.
        case once
        /// The work may be done twice without harm; the first answer is remembered for a while.
        case harmless
        /// No key is looked at.
        case unkeyed
    }

    /// How it is carried out.
    enum Work: Sendable {
        /// A change of a call: it goes to the store's one queue as it is, without a task of its own.
        case change(@Sendable (OperationRequest) throws -> CallRequest)
        case task(@Sendable (OperationRequest) async throws -> Answer)
    }

    let id: APIOperation
    let access: Access
    let repeating: Repeating
    let work: Work

    init(
        _ id: APIOperation, access: Access = .device, repeating: Repeating = .unkeyed,
        handle: @escaping @Sendable (OperationRequest) async throws -> Answer
    ) {
        self.id = id
        self.access = access
        self.repeating = repeating
        work = .task(handle)
    }

    /// A change of a call.
    init(_ id: APIOperation, change: @escaping @Sendable (OperationRequest) throws -> CallRequest) {
        self.id = id
        access = .device
        repeating = .once
        work = .change(change)
    }

    var isWrite: Bool { id.isWrite }
}
