import CurlTransport
import RingbackModel
import Synchronization

/// GET /v1/events/stream
final class StreamLink: EventLink {
    private static let capacity = 1 << 20
    private static let eventBytes = 16 << 20
    private static let errorBytes = 64 << 10

    private struct State {
        var parser = EventStreamParser(maximumBytes: StreamLink.eventBytes)
        var hasBegun = false
    }

    private let transfer: CurlTransfer
    private let incoming: BoundedQueue<CurlTransfer.Piece>
    private let beginTimeout: Duration
    private let state = Mutex(State())

    init(_ client: RingbackClient, after cursor: Cursor?) throws {
        let request = APIRequest(.streamEvents).with("cursor", cursor?.description)
        var http = try client.httpRequest(request)
        http.timeout = nil
        http.silence = client.network.silenceTimeout
        http.headers.append(("Cache-Control", "no-store"))
        let transfer = try CurlTransfer(http)
        self.transfer = transfer
        incoming = BoundedQueue(capacity: Self.capacity) { CurlDriver.shared.resume(transfer) }
        beginTimeout = client.network.connectTimeout
        CurlDriver.shared.start(transfer, into: incoming)
    }

    deinit { close() }

    func receive(after cursor: Cursor?) async throws -> [LinkMessage] {
        if state.withLock(\.hasBegun) { return try await readOn() }
        // Through a proxy that buffers the stream, the connection is established but nothing arrives.
        let messages = try await within(beginTimeout, "no data arrives over the stream; a proxy may be buffering it") {
            try await self.begin()
        }
        state.withLock { $0.hasBegun = true }
        return messages
    }

    private func begin() async throws -> [LinkMessage] {
        guard case .head(let head) = try await next() else {
            throw RingbackError.unexpectedResponse(UnexpectedResponse(nil, "it is empty"))
        }
        guard head.status == 200, head.contentType == "text/event-stream" else { throw try await refusal(head) }
        while true {
            let messages = try await readOn()
            guard let first = messages.first else { continue }
            guard case .begin = first else {
                throw RingbackError.unexpectedResponse(
                    UnexpectedResponse(head, "the stream does not begin with a welcome"))
            }
            return messages
        }
    }

    private func refusal(_ head: CurlResponseHead) async throws -> RingbackError {
        var body: [UInt8] = []
        while body.count < Self.errorBytes, let piece = try? await next() {
            if case .bytes(let bytes) = piece { body += bytes }
        }
        close()
        do throws(RingbackError) {
            try RingbackClient.check(CurlResponse(head: head, body: body))
        } catch {
            return error
        }
        return .unexpectedResponse(UnexpectedResponse(head, "it is not an event stream"))
    }

    private func next() async throws -> CurlTransfer.Piece? {
        do {
            return try await incoming.next()
        } catch let error as CurlError {
            throw RingbackError(error)
        }
    }

    private func readOn() async throws -> [LinkMessage] {
        guard case .bytes(let bytes) = try await next() else {
            throw RingbackError.transport(TransportFailure(kind: .connectionLost, detail: "the stream ended"))
        }
        let frames = try state.withLock { try $0.parser.parse(bytes) }
        do {
            return try frames.map { frame in
                let json = try JSONObject(parsing: frame.data)
                guard frame.event == "welcome" else { return .event(try Event(json)) }
                let welcome = try Welcome(json)
                return .begin(welcome.cursor, welcome.calls)
            }
        } catch {
            throw RingbackError.unexpected(nil, error)
        }
    }

    func close() {
        incoming.finish(throwing: CancellationError())
        CurlDriver.shared.cancel(transfer)
    }
}
