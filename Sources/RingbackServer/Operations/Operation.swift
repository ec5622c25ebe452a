import RingbackCore
import RingbackModel

/// An operation of the API, over HTTP or a socket. One instance serves all requests.
final class Operation: Sendable {
    enum Access: Sendable, Equatable {
        case anyone
        case device
        /// A server key with this scope; for ``ServerKey/Scope/endCalls`` and ``ServerKey/Scope/webhooks`` also the
        /// administrator.
        case platform(ServerKey.Scope)
    }

    /// How the operation treats an `Idempotency-Key`.
    enum Repeating: Sendable {
        /// The call remembers the key, and the write is not repeated.
        case once
        /// Repeating the write is harmless; the first answer is remembered for a while.
        case harmless
        /// The key is ignored.
        case unkeyed
    }

    /// How the operation is carried out.
    enum Work: Sendable {
        /// A change of a call: goes directly into the store's queue, without a task.
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

    /// Creates an operation that changes a call.
    init(_ id: APIOperation, change: @escaping @Sendable (OperationRequest) throws -> CallRequest) {
        self.id = id
        access = .device
        repeating = .once
        work = .change(change)
    }

    var isWrite: Bool { id.isWrite }

    /// Whether it goes to the store as a change of a call, which checks the sign-in with the decision.
    var changesCall: Bool { if case .change = work { true } else { false } }
}
