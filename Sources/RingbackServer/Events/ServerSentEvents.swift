import NIOCore
import RingbackModel

/// Server-sent events (WHATWG HTML, section 9.2): `id` is the cursor, `event` the type.
enum ServerSentEvents {
    /// The idle time after which a comment is sent. Since it is checked once a second, a stream is never silent for 15
    /// s, so that proxies don't close it.
    static let commentInterval: TimeAmount = .seconds(13)
    static let comment = ": keep-alive\n\n"
    /// The number of events written at a time.
    static let batch = 100

    /// The first event of a stream.
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
