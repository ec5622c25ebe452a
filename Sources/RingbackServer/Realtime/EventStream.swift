import Hummingbird
import HummingbirdCore
import NIOCore
import NIOPosix
import RingbackCore
import RingbackModel

/// Server-sent events (WHATWG HTML, section 9.2).
struct EventStream: Sendable {
    static let commentInterval: TimeAmount = .seconds(15)
    private static let batch = 100

    let services: Services

    /// GET /v1/events/stream
    ///
    /// - Parameter expiresAt: When the token does, and the stream with it.
    func response(
        for participant: Participant, expiresAt: Timestamp, cursor text: String?
    ) async throws -> Response {
        try await services.presence.resumeWatching(participant)
        // Before the stream begins, so that a cursor that is gone is a 410 and no stream.
        let cursor = try text.map { try Cursor.parse($0) }
        if let cursor { _ = try await services.feed.read(after: cursor, for: participant, limit: 1) }
        let reader = try EventReader(participant, isPoll: false, services: services)
        // Once more, now that the stream is registered: the device may have been signed out in between.
        _ = try await services.sessions.principal(of: participant)
        let box = ConnectionBox.current
        let body = ResponseBody { writer in
            defer { reader.finish() }
            try await ConnectionBox.$current.withValue(box) {
                try await stream(from: cursor, reader, until: expiresAt, to: &writer)
            }
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                // Asks nginx not to collect the stream.
                .init("X-Accel-Buffering")!: "no",
            ],
            body: body)
    }

    private func stream(
        from start: Cursor?, _ reader: EventReader, until expiresAt: Timestamp, to writer: inout any ResponseBodyWriter
    ) async throws {
        let welcome = try await Welcome.resume(start, reader.participant, services)
        var first = ByteBuffer(string: "id: \(welcome.cursor)\nevent: welcome\ndata: ")
        first.writeBytes(welcome.json)
        first.writeString("\n\n")
        try await writer.write(first)
        var cursor = welcome.cursor
        let comments = MultiThreadedEventLoopGroup.singleton.any()
            .scheduleRepeatedTask(initialDelay: Self.commentInterval, delay: Self.commentInterval) { _ in
                reader.nudge()
            }
        defer { comments.cancel() }
        var lastWrite = NIODeadline.now()
        while reader.end == nil, !Task.isCancelled, services.time.now < expiresAt {
            let batch = try await reader.read(after: cursor, limit: Self.batch)
            if !batch.isEmpty {
                var buffer = ByteBuffer()
                let now = services.time.now
                batch.forEach(at: now) { event, cursor in
                    buffer.writeString("id: \(cursor)\nevent: \(event.type.rawValue)\ndata: ")
                    buffer.writeEvent(event, cursor: cursor, at: now)
                    buffer.writeString("\n\n")
                }
                try await writer.write(buffer)
                lastWrite = .now()
            } else if .now() - lastWrite >= Self.commentInterval {
                try await writer.write(ByteBuffer(string: ": still here\n\n"))
                lastWrite = .now()
            }
            cursor = batch.page.cursor
            if !batch.page.hasMore { await reader.wait() }
        }
        try await writer.finish(nil)
    }
}
