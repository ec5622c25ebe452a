import NIOCore
import RingbackModel
import Synchronization

/// `GET /v1/socket`, for events and requests.
final class SocketSource: EventSource {
    private let link: WebSocketLink
    private let router: FrameRouter

    private init(_ link: WebSocketLink, _ router: FrameRouter) {
        self.link = link
        self.router = router
    }

    /// How the client authenticates.
    enum Credential: Sendable {
        /// With the first frame.
        case hello
        /// With the `Authorization` header.
        case header
        /// With `?ticket=`.
        case ticket(String)
    }

    /// - Throws: ``WireError/webSocketClosed(code:reason:)`` or ``WireError/upgradeRefused(_:)``.
    static func open(
        _ device: TestDevice, from cursor: String?, as credential: Credential = .hello
    ) async throws -> (SocketSource, Welcome) {
        let router = FrameRouter()
        var query: [String] = []
        if case .ticket(let ticket) = credential { query.append("ticket=\(percentEncoded(ticket))") }
        var token: String?
        if case .header = credential { token = device.token }
        if let cursor, !credential.isHello { query.append("cursor=\(percentEncoded(cursor))") }
        let target = "/v1/socket" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        let link = try await WebSocketLink.open(
            device.http.address, target: target, token: token, onText: { router.receive($0) },
            onClose: { router.end($0) })
        if credential.isHello {
            var data: JSONLiteral = ["token": .string(device.token)]
            if let cursor { data = data.adding("cursor", .string(cursor)) }
            link.send(text: (["op": "hello", "data": data] as JSONLiteral).utf8)
        }
        do {
            guard link.subprotocol == "ringback.v1" else {
                throw WireError.unexpected("the subprotocol is ringback.v1, not \(link.subprotocol ?? "none")")
            }
            guard let first = try await router.events.next(before: .now() + .seconds(20)) else {
                throw WireError.closedEarly
            }
            return (SocketSource(link, router), try Welcome(event: first, for: device))
        } catch {
            await link.close()
            throw error
        }
    }

    func receive(before deadline: NIODeadline) async throws -> EventBatch {
        guard let event = try await router.events.next(before: deadline) else { throw WireError.closedEarly }
        let received = try ReceivedEvent(event)
        return EventBatch(events: [received], cursor: received.cursor)
    }

    /// `{"id","op","data"}`, answered by a frame with the same id.
    func perform(_ operation: APIOperation, _ data: JSONLiteral, key: String?) async throws -> OperationAnswer {
        let (id, answer) = router.expectAnswer()
        var frame: JSONLiteral = ["id": .integer(id), "op": .string(operation.rawValue), "data": data]
        if let key { frame = frame.adding("key", .string(key)) }
        link.send(text: frame.utf8)
        guard let json = try await answer.next(before: .now() + .seconds(20)) else { throw WireError.closedEarly }
        return try OperationAnswer(operation, frame: json)
    }

    func close() async { await link.close() }
}

extension SocketSource.Credential {
    fileprivate var isHello: Bool {
        if case .hello = self { true } else { false }
    }
}
