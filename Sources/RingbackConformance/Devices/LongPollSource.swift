import NIOCore
import NIOHTTP1
import RingbackModel
import Synchronization

/// `GET /v1/events`, repeatedly.
final class LongPollSource: EventSource {
    private static let waitSeconds: Int64 = 25
    private let device: TestDevice
    private let cursor: Mutex<String>

    private init(_ device: TestDevice, cursor: String) {
        self.device = device
        self.cursor = Mutex(cursor)
    }

    /// - Throws: ``ListeningRefused`` if the status is not 200.
    static func open(_ device: TestDevice, from cursor: String?) async throws -> (LongPollSource, Welcome) {
        let page = try await poll(device, cursor: cursor, waitSeconds: 0, within: .seconds(20))
        guard let next = page.text("cursor") else {
            throw WireError.unexpected("an events page has a cursor: \(page.excerpt)")
        }
        guard (page["calls"] != nil) == (cursor == nil) else {
            throw WireError.unexpected("an events page has calls if and only if there was no cursor: \(page.excerpt)")
        }
        // With a cursor, the first `receive` reads the events of this page again.
        let source = LongPollSource(device, cursor: cursor ?? next)
        return (source, try Welcome(cursor: cursor ?? next, calls: page["calls"]))
    }

    func receive(before deadline: NIODeadline) async throws -> EventBatch {
        let remaining = deadline - .now()
        guard remaining > .zero else { throw WireError.timeout }
        let isGlance = remaining < .milliseconds(100)
        let waitSeconds = isGlance ? 0 : min(Self.waitSeconds, remaining.nanoseconds / 1_000_000_000 + 1)
        let page = try await Self.poll(
            device, cursor: cursor.withLock { $0 }, waitSeconds: waitSeconds, within: .seconds(waitSeconds + 20))
        guard let next = page.text("cursor"), let events = page["events"]?.elements else {
            throw WireError.unexpected("an events page has events and a cursor: \(page.excerpt)")
        }
        cursor.withLock { $0 = next }
        return EventBatch(events: try events.map { try ReceivedEvent($0) }, cursor: next)
    }

    func close() async {}

    private static func poll(
        _ device: TestDevice, cursor: String?, waitSeconds: Int64, within time: Duration
    ) async throws -> JSONSlice {
        let position = cursor.map { "&cursor=\(percentEncoded($0))" } ?? ""
        let request = WireRequest(.GET, "/v1/events?waitSeconds=\(waitSeconds)\(position)").authorized(by: device.token)
        let response = try await device.http.send(request, within: time)
        guard response.status == 200, let json = response.json else { throw ListeningRefused(response: response) }
        return json
    }
}
