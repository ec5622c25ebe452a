import NIOCore
import RingbackModel

/// A frame of a client, unmasked (RFC 6455, section 5.2).
struct Frame {
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        var isControl: Bool { rawValue >= 0x8 }
    }

    let opcode: Opcode
    let isFinal: Bool
    let payload: [UInt8]
    /// Whether all bytes of the payload are ASCII.
    let isASCII: Bool
}

/// Parses the frames of a client and unmasks each payload into an array.
struct FrameReader {
    private static let maximumControlPayload = 125
    /// A buffer of a larger capacity is replaced when little of it is still needed.
    private static let usualCapacity = 64 * 1024

    /// Bytes that have not been parsed, of an incomplete frame; usually none.
    private var buffer: ByteBuffer?
    /// Whether an invalid frame was received. Everything after it is discarded.
    private var isBroken = false

    mutating func append(_ bytes: ByteBuffer) {
        guard !isBroken else { return }
        guard var buffer else { return self.buffer = bytes }
        self.buffer = nil
        // What remains is part of one frame. Without this, a client whose writes never end with a frame would make the
        // buffer grow.
        buffer.discardReadBytes()
        buffer.writeImmutableBuffer(bytes)
        self.buffer = buffer
    }

    /// The capacity of the buffer for unparsed bytes.
    var capacity: Int { buffer?.capacity ?? 0 }

    /// The next frame, if it is complete.
    ///
    /// - Throws: The code to close with. Nothing after an invalid frame can be parsed.
    mutating func next() throws(CloseCode) -> Frame? {
        do {
            return try cut()
        } catch {
            isBroken = true
            buffer = nil
            throw error
        }
    }

    private mutating func cut() throws(CloseCode) -> Frame? {
        guard let buffer, let head = try FrameHead(of: buffer) else { return nil }
        let end = head.count + head.length
        guard buffer.readableBytes >= end else { return nil }
        let frame = buffer.withUnsafeReadableBytes { bytes in
            head.frame(masked: UnsafeRawBufferPointer(rebasing: bytes[head.count..<end]))
        }
        let rest = buffer.readableBytes - end
        if rest == 0 {
            self.buffer = nil
        } else if buffer.capacity > Self.usualCapacity, rest <= Self.usualCapacity / 4 {
            // The buffer has grown for a large frame, and would stay as large.
            self.buffer = ByteBuffer(bytes: buffer.readableBytesView.suffix(rest))
        } else {
            self.buffer?.moveReaderIndex(forwardBy: end)
        }
        return frame
    }

    /// The header of a frame.
    private struct FrameHead {
        let opcode: Frame.Opcode
        let isFinal: Bool
        let length: Int
        let mask: UInt32
        /// The length of the header.
        let count: Int

        /// - Returns: `nil` if the header is incomplete.
        init?(of buffer: ByteBuffer) throws(CloseCode) {
            let start = buffer.readerIndex
            guard let first = buffer.getInteger(at: start, as: UInt8.self),
                let second = buffer.getInteger(at: start + 1, as: UInt8.self)
            else { return nil }
            // Reserved bits are for extensions, which are not used. Clients must mask their frames.
            guard first & 0x70 == 0, second & 0x80 != 0, let opcode = Frame.Opcode(rawValue: first & 0x0F) else {
                throw .protocolError
            }
            self.opcode = opcode
            isFinal = first & 0x80 != 0
            let short = second & 0x7F
            guard !opcode.isControl || isFinal && short <= FrameReader.maximumControlPayload else {
                throw .protocolError
            }
            let length: UInt64?
            switch short {
            case 126: (length, count) = (buffer.getInteger(at: start + 2, as: UInt16.self).map { UInt64($0) }, 8)
            case 127: (length, count) = (buffer.getInteger(at: start + 2, as: UInt64.self), 14)
            default: (length, count) = (UInt64(short), 6)
            }
            guard let length else { return nil }
            guard length <= Limits.bodyBytes else { throw .tooBig }
            self.length = Int(length)
            guard let mask = buffer.getInteger(at: start + count - 4, endianness: .host, as: UInt32.self) else {
                return nil
            }
            self.mask = mask
        }

        /// Unmasks eight bytes at a time.
        func frame(masked: UnsafeRawBufferPointer) -> Frame {
            let mask64 = UInt64(mask) << 32 | UInt64(mask)
            var bits: UInt64 = 0
            let payload = [UInt8](unsafeUninitializedCapacity: length) { payload, count in
                let payload = UnsafeMutableRawBufferPointer(payload)
                var offset = 0
                while offset + 8 <= length {
                    let word = masked.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ mask64
                    payload.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                    bits |= word
                    offset += 8
                }
                // The mask in memory order, independent of the byte order of the machine.
                withUnsafeBytes(of: mask) { mask in
                    while offset < length {
                        payload[offset] = masked[offset] ^ mask[offset % 4]
                        bits |= UInt64(payload[offset])
                        offset += 1
                    }
                }
                count = length
            }
            return Frame(
                opcode: opcode, isFinal: isFinal, payload: payload, isASCII: bits & 0x8080_8080_8080_8080 == 0)
        }
    }
}
