import NIOCore
import RingbackCore
import RingbackModel

/// The server's frames (RFC 6455, section 5.2): unmasked and never in fragments.
extension ByteBuffer {
    mutating func writeFrame(_ opcode: Frame.Opcode, _ payload: [UInt8] = []) {
        payload.withUnsafeBytes { writeFrame(opcode, $0) }
    }

    mutating func writeCloseFrame(_ code: CloseCode) {
        var payload = withUnsafeBytes(of: code.rawValue.bigEndian, Array.init)
        payload += code.reason.utf8
        writeFrame(.close, payload)
    }

    /// `{"event":…}`
    mutating func writeEventFrame(_ event: EventBody, cursor: Cursor, at now: Timestamp) {
        var json = JSONWriter(reservingCapacity: event.members.count + 96)
        json.object { json in
            json.name("event")
            event.write(to: &json, cursor: cursor, now: now)
        }
        json.withBytes { writeFrame(.text, $0) }
    }

    /// `{"id":…,"status":…,"location":…,"data":…}`
    mutating func writeAnswerFrame(_ id: JSONText?, _ answer: Answer) {
        var json = JSONWriter(reservingCapacity: answer.body.count + 128)
        json.object { json in
            json.optionalField("id", id)
            json.field("status", answer.status)
            json.optionalField("location", answer.location)
            if !answer.body.isEmpty {
                json.name("data")
                json.raw(answer.body)
            }
        }
        json.withBytes { writeFrame(.text, $0) }
    }

    private mutating func writeFrame(_ opcode: Frame.Opcode, _ payload: UnsafeRawBufferPointer) {
        reserveCapacity(minimumWritableBytes: payload.count + 10)
        writeInteger(0x80 | opcode.rawValue)
        switch payload.count {
        case ..<126: writeInteger(UInt8(payload.count))
        case ...Int(UInt16.max):
            writeInteger(UInt8(126))
            writeInteger(UInt16(payload.count))
        default:
            writeInteger(UInt8(127))
            writeInteger(UInt64(payload.count))
        }
        writeBytes(payload)
    }
}
