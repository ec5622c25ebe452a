import NIOCore
import NIOHTTP1
import RingbackModel
import Synchronization

/// `GET /v1/events/stream`.
final class StreamSource: EventSource {
    private let link: HTTPLink
    private let parser = Mutex(EventStreamParser())
    private let parsed = Mutex<[ServerSentEvent]>([])

    private init(_ link: HTTPLink) { self.link = link }

    /// - Parameter ticket: Used instead of the device's token.
    /// - Throws: ``ListeningRefused`` if the status is not 200.
    static func open(
        _ device: TestDevice, from cursor: String?, ticket: String? = nil
    ) async throws -> (StreamSource, Welcome) {
        var request = WireRequest(.GET, "/v1/events/stream", headers: ["accept": "text/event-stream"])
        if let ticket {
            request.target += "?ticket=\(percentEncoded(ticket))"
            if let cursor { request.target += "&cursor=\(percentEncoded(cursor))" }
        } else {
            request = request.authorized(by: device.token)
            if let cursor { request.headers.add(name: "last-event-id", value: cursor) }
        }
        switch try await device.http.open(request) {
        case .refused(let response): throw ListeningRefused(response: response)
        case .open(let headers, let link):
            guard headers.first(name: "content-type")?.hasPrefix("text/event-stream") ?? false else {
                throw WireError.unexpected("a stream has the type text/event-stream: \(headers)")
            }
            let source = StreamSource(link)
            let first = try await source.next(before: .now() + .seconds(20))
            guard first.event == "welcome" else { throw WireError.unexpected("expected a welcome, got \(first)") }
            return (source, try Welcome(event: JSONSlice(parsing: Array(first.data.utf8)), for: device))
        }
    }

    func receive(before deadline: NIODeadline) async throws -> EventBatch {
        let event = try await next(before: deadline)
        let received = try ReceivedEvent(JSONSlice(parsing: Array(event.data.utf8)))
        guard event.event == received.type, event.id == received.cursor else {
            throw WireError.unexpected(
                "`event:` is the type and `id:` the cursor of \(received.json.excerpt), not \(event)")
        }
        return EventBatch(events: [received], cursor: received.cursor)
    }

    func close() async { await link.close() }

    private func next(before deadline: NIODeadline) async throws -> ServerSentEvent {
        while true {
            if let event = parsed.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return event }
            guard let part = try await link.bodyPart(before: deadline) else { throw WireError.closedEarly }
            let events = try parser.withLock { try $0.parse(part.readableBytesView) }
            parsed.withLock { $0 += events }
        }
    }
}
