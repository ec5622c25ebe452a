import CurlTransport
import RingbackModel
import Synchronization

/// GET /v1/socket
final class SocketLink: EventLink {
    private let connection: SocketConnection
    private let beginTimeout: Duration
    private let hasBegun = Mutex(false)

    init(_ client: RingbackClient, after cursor: Cursor?) throws {
        connection = try SocketConnection(client, APIRequest(.openSocket).with("cursor", cursor?.description))
        // Connecting and the handshake may each take the whole timeout.
        beginTimeout = client.network.connectTimeout * 2
    }

    deinit { close() }

    func receive(after cursor: Cursor?) async throws -> [LinkMessage] {
        if hasBegun.withLock({ $0 }) { return try await readOn() }
        let messages = try await within(beginTimeout, "no welcome over the socket") { try await self.begin() }
        hasBegun.withLock { $0 = true }
        connection.takeRequests()
        return messages
    }

    private func begin() async throws -> [LinkMessage] {
        guard case .opened = try await connection.incoming.next() else { throw CancellationError() }
        while true {
            let messages = try await readOn()
            guard let first = messages.first else { continue }
            guard case .begin = first else {
                throw RingbackError.unexpectedResponse(
                    UnexpectedResponse(nil, "the socket does not begin with a welcome"))
            }
            return messages
        }
    }

    private func readOn() async throws -> [LinkMessage] {
        guard case .message(let bytes) = try await connection.incoming.next() else { throw CancellationError() }
        do {
            let json = try JSONObject(parsing: bytes)
            // Other messages belong to a newer version of the protocol.
            guard json.has("event") else { return [] }
            let event = try json.object("event")
            guard try event.string("type") == "welcome" else { return [.event(try Event(event))] }
            let welcome = try Welcome(event)
            return [.begin(welcome.cursor, welcome.calls)]
        } catch {
            throw RingbackError.unexpected(nil, error)
        }
    }

    func close() {
        connection.incoming.finish(throwing: CancellationError())
        connection.close()
    }
}
