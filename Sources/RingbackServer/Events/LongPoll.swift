import NIOCore
import RingbackCore
import RingbackModel

/// GET /v1/events
///
/// Without a cursor, responds with a snapshot. With a cursor, responds with the events after it: at once if there are
/// any, otherwise after the wait with an empty list.
enum LongPoll {
    static func operation(_ services: Services) -> Operation {
        Operation(.pollEvents) { try await read($0, services) }
    }

    /// The parameters of a poll.
    struct Query {
        /// `nil` asks for a snapshot.
        let cursor: Cursor?
        let waitSeconds: Int
        let limit: Int

        /// - Throws: ``Problem`` `invalid_request`, `cursor_expired`.
        init(_ request: OperationRequest) throws {
            waitSeconds = try request.integer("waitSeconds", in: Limits.waitSeconds, default: 25)
            limit = try request.integer("limit", in: Limits.eventsPerPage, default: 100)
            cursor = try request.parameters["cursor"].map { try Cursor.parse($0) }
        }
    }

    /// The operation over a socket. It never waits, because later requests would have to wait too and a socket receives
    /// events anyway.
    private static func read(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let (query, participant) = (try Query(request), try request.participant)
        guard let cursor = query.cursor else { return try await snapshot(for: participant, services) }
        try await services.confirm(request.signIn)
        let page = try await services.feed.read(after: cursor, for: participant, limit: query.limit)
        return answer(EventBatch(page: page, presences: []), cursor: page.cursor, services)
    }

    /// - Throws: ``Problem`` `rate_limited`, because a snapshot is a read like any other.
    static func snapshot(for participant: Participant, _ services: Services) async throws -> Answer {
        try services.readLimiter.spend(participant.userId, at: services.time.monotonic)
        let snapshot = try await services.calls.snapshot(for: participant)
        return answer(nil, cursor: snapshot.cursor, calls: snapshot.calls, services)
    }

    static func answer(
        _ batch: EventBatch?, cursor: Cursor, calls: [LiveCall]? = nil, _ services: Services
    ) -> Answer {
        var json = JSONWriter(reservingCapacity: 1024)
        json.object { json in
            json.name("events")
            json.array { json in
                let now = services.time.now
                batch?.forEach(at: now) { event, cursor in event.write(to: &json, cursor: cursor, now: now) }
            }
            json.field("cursor", cursor.description)
            if let calls { json.field("calls", calls) }
        }
        return Answer(200, body: json.finish())
    }
}
