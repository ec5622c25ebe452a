import NIOCore
import RingbackCore
import RingbackModel

/// The server's frames, written where they leave from.
extension ByteBuffer {
    mutating func writeFrame(_ opcode: Frame.Opcode, _ payload: [UInt8] = []) {
        writeFrame(opcode, length: payload.count) { $0.put(payload) }
    }

    mutating func writeCloseFrame(_ code: CloseCode) {
        var payload = withUnsafeBytes(of: code.rawValue.bigEndian, Array.init)
        payload += code.reason.utf8
        writeFrame(.close, payload)
    }

    /// `{"event":…}`
    mutating func writeEventFrame(_ event: EventBody, cursor: Cursor, at now: Timestamp) {
        writeFrame(.text, length: 9 + BytePen.lengthOfEvent(event, cursor: cursor, at: now) + 1) { pen in
            pen.put(#"{"event":"#)
            pen.putEvent(event, cursor: cursor, at: now)
            pen.put(UInt8(ascii: "}"))
        }
    }

    /// `{"id":…,"status":…,"location":…,"data":…}`
    mutating func writeAnswerFrame(_ id: JSONText?, _ answer: Answer) {
        var length = 10 + BytePen.digits(of: Int64(answer.status)) + 1
        if let id { length += 6 + id.utf8.count }
        if let location = answer.location { length += 14 + location.utf8.count }
        if !answer.body.isEmpty { length += 8 + answer.body.count }
        writeFrame(.text, length: length) { pen in
            if let id {
                pen.put(#"{"id":"#)
                pen.put(id.utf8)
                pen.put(#","status":"#)
            } else {
                pen.put(#"{"status":"#)
            }
            pen.put(decimal: Int64(answer.status))
            if let location = answer.location {
                // A path of ours: there is nothing in it to be escaped.
                pen.put(#","location":""#)
                pen.put(location)
                pen.put(UInt8(ascii: "\""))
            }
            if !answer.body.isEmpty {
                pen.put(#","data":"#)
                pen.put(answer.body)
            }
            pen.put(UInt8(ascii: "}"))
        }
    }

    /// The event without a frame.
    mutating func writeEvent(_ event: EventBody, cursor: Cursor, at now: Timestamp) {
        write(BytePen.lengthOfEvent(event, cursor: cursor, at: now)) { $0.putEvent(event, cursor: cursor, at: now) }
    }

    private mutating func writeFrame(_ opcode: Frame.Opcode, length: Int, _ fill: (inout BytePen) -> Void) {
        write(BytePen.frameHead + length) { pen in
            pen.putFrameHead(opcode, length: length)
            fill(&pen)
        }
    }

    /// - Parameter most: `fill` puts no more bytes than this.
    private mutating func write(_ most: Int, _ fill: (inout BytePen) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: most) { place in
            var pen = BytePen(place)
            fill(&pen)
            return pen.count
        }
    }
}
