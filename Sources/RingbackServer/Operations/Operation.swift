import HTTPTypes
import RingbackCore
import RingbackModel

/// One thing that clients can ask for: the same over HTTP and over a socket. One object for all its requests.
final class Operation: Sendable {
    enum Access: Sendable { case anyone, device, administrator }

    /// What an `Idempotency-Key` does.
    enum Repeating: Sendable {
        /// The answer is kept in the transaction that does the work.
        case once
        /// The work may be done twice without harm; the first answer is kept behind it.
        case harmless
        /// No key is looked at.
        case unkeyed
    }

    /// The `operationId` of the OpenAPI document, and the `op` of a socket's request.
    let id: String
    let method: HTTPRequest.Method
    let isWrite: Bool
    /// As the OpenAPI document writes it: `/v1/calls/{callId}`.
    let path: String
    let access: Access
    let repeating: Repeating
    let handle: @Sendable (OperationRequest) async throws -> Answer
    /// For writes to calls: what is asked, so that a socket can hand it over without a task of its own.
    let call: (@Sendable (OperationRequest) throws -> CallRequest)?

    init(
        _ id: String, _ method: HTTPRequest.Method, _ path: String, access: Access = .device,
        repeating: Repeating = .unkeyed, handle: @escaping @Sendable (OperationRequest) async throws -> Answer
    ) {
        self.id = id
        self.method = method
        isWrite = method != .get
        self.path = path
        self.access = access
        self.repeating = repeating
        self.handle = handle
        call = nil
    }

    /// A write to a call.
    init(
        _ id: String, _ method: HTTPRequest.Method, _ path: String, of calls: CallService,
        call: @escaping @Sendable (OperationRequest) throws -> CallRequest
    ) {
        self.id = id
        self.method = method
        isWrite = method != .get
        self.path = path
        access = .device
        repeating = .once
        handle = { try await calls.perform(try call($0)) }
        self.call = call
    }

    /// The names between braces in the path.
    var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}
