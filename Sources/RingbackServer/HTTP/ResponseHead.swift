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
            var rest = memory
            for text in [version, status, reason, "\r\n"] { Self.put(text, in: &rest) }
            for (name, value) in head.fields {
                Self.put(name, in: &rest)
                Self.put(": ", in: &rest)
                Self.put(value, in: &rest)
                Self.put("\r\n", in: &rest)
            }
            Self.put("\r\n", in: &rest)
            return memory.count - rest.count
        }
    }

    /// Writes a text at the beginning of memory that has room for it, and removes its place from the memory.
    private static func put(_ text: String, in memory: inout UnsafeMutableRawBufferPointer) {
        let length = text.readUTF8 { text in
            memory.copyMemory(from: UnsafeRawBufferPointer(text))
            return text.count
        }
        memory = UnsafeMutableRawBufferPointer(rebasing: memory[length...])
    }

    /// Writes a chunk (RFC 9112, section 7.1). Must not be empty, which would end the body.
    mutating func writeChunk(_ bytes: ByteBuffer) {
        writeString(String(bytes.readableBytes, radix: 16) + "\r\n")
        writeImmutableBuffer(bytes)
        writeString("\r\n")
    }

    mutating func writeLastChunk() { writeString("0\r\n\r\n") }
}
