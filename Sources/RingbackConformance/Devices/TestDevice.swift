package import RingbackModel
import Synchronization

/// A signed-in device that behaves like a correct client: it keeps its cursor, recognizes events by their id, and can
/// change its transport during a call.
///
/// Events are received on request, by one task at a time.
package final class TestDevice: Sendable, CustomStringConvertible {
    struct State {
        var transport: Transport
        var source: (any EventSource)?
        var cursor: String?
        /// Every event once, in order of arrival.
        var heard: [ReceivedEvent] = []
        /// Indices into `heard`.
        var unread: [Int] = []
        var seen: Set<String> = []
        /// The ids of events that arrived more than once.
        var repeated: [String] = []
    }

    package let user: TestUser
    package let deviceId: String
    package let token: String
    package let http: HTTPClient
    let state: Mutex<State>

    init(_ user: TestUser, session: JSONSlice, over transport: Transport, http: HTTPClient) {
        self.user = user
        self.http = http
        deviceId = session.text("deviceId") ?? ""
        token = session.text("token") ?? ""
        state = Mutex(State(transport: transport))
    }

    package var transport: Transport { state.withLock { $0.transport } }

    package var description: String { "\(user.userId) on \(transport)" }

    /// Performs an operation: over the WebSocket if the device listens on one, otherwise over HTTP.
    ///
    /// - Parameters:
    ///   - data: The parameters of the path and the query and the members of the body, in one object.
    ///   - key: The idempotency key.
    package func perform(
        _ operation: APIOperation, _ data: JSONLiteral = [:], key: String? = nil
    ) async throws -> OperationAnswer {
        if let socket = state.withLock({ $0.source as? SocketSource }) {
            return try await socket.perform(operation, data, key: key)
        }
        return OperationAnswer(
            operation, try await http.send(operation.httpRequest(data, key: key).authorized(by: token)))
    }

    /// Performs an operation on a call.
    package func perform(
        _ operation: APIOperation, on callId: String, _ data: JSONLiteral = [:], key: String? = nil
    ) async throws -> OperationAnswer {
        try await perform(operation, .object([("callId", .string(callId))] + data.members), key: key)
    }
}
