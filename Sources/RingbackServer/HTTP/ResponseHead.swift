import NIOCore
import NIOHTTP1
import RingbackModel

/// The head of a response (RFC 9112, sections 4 and 5).
struct ResponseHead {
    var status: Int
    /// Whether the client uses HTTP/1.0, which has no chunked encoding.
    var isHTTP10 = false
    /// Names and values must not contain line breaks.
    var fields: [(name: String, value: String)] = []
}

/// Writes HTTP/1.1 responses into a single buffer.
extension ByteBuffer {
    mutating func write(_ head: ResponseHead) {
        let version = head.isHTTP10 ? "HTTP/1.0 " : "HTTP/1.1 "
        let status = "\(head.status) "
        let reason = HTTPResponseStatus(statusCode: head.status).reasonPhrase
        // Two line breaks, and for each field a colon, a space and a line break.
        let size = head.fields.reduce(version.utf8.count + status.utf8.count + reason.utf8.count + 4) {
            $0 + $1.name.utf8.count + $1.value.utf8.count + 4
        }
        writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            var place = 0
            func put(_ text: String) {
                text.readUTF8 { text in
                    UnsafeMutableRawBufferPointer(rebasing: memory[place...]).copyMemory(from: .init(text))
                    place += text.count
                }
            }
            for text in [version, status, reason, "\r\n"] { put(text) }
            for (name, value) in head.fields {
                put(name)
                put(": ")
                put(value)
                put("\r\n")
            }
            put("\r\n")
            return place
        }
    }

    /// Writes a chunk (RFC 9112, section 7.1). Must not be empty, which would end the body.
    mutating func writeChunk(_ bytes: ByteBuffer) {
        writeString(String(bytes.readableBytes, radix: 16) + "\r\n")
        writeImmutableBuffer(bytes)
        writeString("\r\n")
    }

    mutating func writeLastChunk() { writeString("0\r\n\r\n") }
}
