import HTTPTypes
import NIOCore
import NIOPosix
import RingbackCore
import RingbackModel

enum LongPoll {
    static func operation(_ services: Services) -> Operation {
        Operation("pollEvents", .get, "/v1/events") { try await poll($0, services) }
    }

    /// GET /v1/events
    ///
    /// Without a cursor: a snapshot and a cursor. With events: at once. Without: after the wait, an empty list.
    private static func poll(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let participant = try request.participant
        let text = try request.parameters["cursor"]
        var wait = try request.integer("waitSeconds", in: Limits.waitSeconds, default: 25)
        let limit = try request.integer("limit", in: Limits.eventsPerPage, default: 100)
        // A socket gets its events by itself, and a waiting request would hold up the ones behind it.
        if case .data = request.parameters { wait = 0 }
        try await services.presence.resumeWatching(participant)
        let reader = try EventReader(participant, isPoll: true, services: services)
        defer { reader.finish() }
        guard let text else {
            let snapshot = try await services.calls.snapshot(for: participant)
            return answer(nil, cursor: snapshot.cursor, calls: snapshot.calls, services)
        }
        let batch = try await next(after: Cursor.parse(text), reader, limit: limit, wait: .seconds(Int64(wait)))
        return answer(batch, cursor: batch.page.cursor, calls: nil, services)
    }

    private static func next(
        after cursor: Cursor, _ reader: EventReader, limit: Int, wait: TimeAmount
    ) async throws -> EventBatch {
        var batch = try await reader.read(after: cursor, limit: limit)
        guard batch.isEmpty, wait > .zero else { return batch }
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: wait) { reader.timeIsUp() }
        defer { timer.cancel() }
        while batch.isEmpty, reader.end == nil, !Task.isCancelled {
            if !batch.page.hasMore { await reader.wait() }
            batch = try await reader.read(after: batch.page.cursor, limit: limit)
        }
        return batch
    }

    static func answer(
        _ batch: EventBatch?, cursor: Cursor, calls: [LiveCall]?, _ services: Services
    ) -> Answer {
        var json = JSONWriter(reservingCapacity: 1024)
        json.object { json in
            json.name("events")
            json.array(0..<1) { json, _ in
                let now = services.time.now
                batch?.forEach(at: now) { event, cursor in event.write(to: &json, cursor: cursor, now: now) }
            }
            json.field("cursor", cursor.description)
            if let calls { json.field("calls", calls) }
        }
        return Answer(200, body: json.finish())
    }
}
