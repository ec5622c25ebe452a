import NIOCore
import RingbackCore
import RingbackModel

/// The frames of the server (RFC 6455, section 5.2), which are unmasked and not fragmented.
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
    mutating func writeAnswerFrame(_ id: JSONText?, _ answer: Answer, under basePath: BasePath) {
        var json = JSONWriter(reservingCapacity: answer.body.count + 128)
        json.object { json in
            json.optionalField("id", id)
            json.field("status", answer.status)
            json.optionalField("location", answer.location.map { basePath.text + $0 })
            if !answer.body.isEmpty {
                json.name("data")
                json.raw(answer.body)
            }
        }
        json.withBytes { writeFrame(.text, $0) }
    }

    private mutating func writeFrame(_ opcode: Frame.Opcode, _ payload: UnsafeRawBufferPointer) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: payload.count + 10) { frame in
            frame[0] = 0x80 | opcode.rawValue
            let head: Int
            switch payload.count {
            case ..<126:
                frame[1] = UInt8(payload.count)
                head = 2
            case ...Int(UInt16.max):
                frame[1] = 126
                frame.storeBytes(of: UInt16(payload.count).bigEndian, toByteOffset: 2, as: UInt16.self)
                head = 4
            default:
                frame[1] = 127
                frame.storeBytes(of: UInt64(payload.count).bigEndian, toByteOffset: 2, as: UInt64.self)
                head = 10
            }
            UnsafeMutableRawBufferPointer(rebasing: frame[head...]).copyMemory(from: payload)
            return head + payload.count
        }
    }
}
