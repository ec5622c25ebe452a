package import RingbackModel
import Synchronization

/// A signed-in device of a user, as a well-behaved client is: it keeps its cursor, knows an event again by its id, and can
/// change its transport in mid-call.
///
/// Events are taken in when someone asks for them; one task at a time may.
package final class TestDevice: Sendable, CustomStringConvertible {
    struct State {
        var transport: Transport
        var source: (any EventSource)?
        var cursor: String?
        /// Every event once, in the order of arrival.
        var heard: [ReceivedEvent] = []
        /// Indices into `heard`.
        var unread: [Int] = []
        var seen: Set<String> = []
        /// Ids that came more than once.
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

    /// Asks the server: over the WebSocket while the device listens there, else over HTTP.
    ///
    /// - Parameters:
    ///   - data: What the path, the query and the body name, in one object.
    ///   - key: The idempotency key.
    package func perform(
        _ operation: APIOperation, _ data: JSONLiteral = [:], key: String? = nil
    ) async throws -> Answer {
        if let socket = state.withLock({ $0.source as? SocketSource }) {
            return try await socket.perform(operation, data, key: key)
        }
        return Answer(operation, try await http.send(operation.httpRequest(data, key: key).authorized(by: token)))
    }

    /// Asks the server for something about a call.
    package func perform(
        _ operation: APIOperation, on callId: String, _ data: JSONLiteral = [:], key: String? = nil
    ) async throws -> Answer {
        try await perform(operation, .object([("callId", .string(callId))] + data.members), key: key)
    }
}
