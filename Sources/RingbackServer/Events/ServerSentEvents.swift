import NIOCore
import RingbackModel

/// Server-sent events (WHATWG HTML, section 9.2): `id` is the cursor, `event` the type.
enum ServerSentEvents {
    /// A comment is sent when nothing else was for so long, which is looked at once a second: a stream is never silent for
    /// 15 s, so that proxies don't close it.
    static let commentInterval: TimeAmount = .seconds(13)
    static let comment = ": keep-alive\n\n"
    /// How many events are written at a time.
    static let batch = 100

    /// The first event, which says where the client is.
    static func welcome(_ welcome: Welcome) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("id: \(welcome.cursor)\nevent: welcome\ndata: ")
        buffer.writeBytes(welcome.json)
        buffer.writeString("\n\n")
        return buffer
    }

    static func events(_ batch: EventBatch, at now: Timestamp) -> ByteBuffer {
        var buffer = ByteBuffer()
        batch.forEach(at: now) { event, cursor in
            buffer.writeString("id: \(cursor)\nevent: \(event.type.rawValue)\ndata: ")
            var json = JSONWriter(reservingCapacity: event.members.count + 96)
            event.write(to: &json, cursor: cursor, now: now)
            json.withBytes { _ = buffer.writeBytes($0) }
            buffer.writeString("\n\n")
        }
        return buffer
    }
}
