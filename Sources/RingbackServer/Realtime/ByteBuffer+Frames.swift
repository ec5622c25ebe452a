import NIOCore
import RingbackCore
import RingbackModel

/// The server's frames, written where they leave from (RFC 6455, section 5.2: unmasked, unfragmented).
extension ByteBuffer {
    mutating func writeFrameHead(_ opcode: Frame.Opcode, length: Int) {
        reserveCapacity(minimumWritableBytes: length + 10)
        writeInteger(0x80 | opcode.rawValue)
        switch length {
        case ..<126: writeInteger(UInt8(length))
        case ...Int(UInt16.max):
            writeInteger(126 as UInt8)
            writeInteger(UInt16(length))
        default:
            writeInteger(127 as UInt8)
            writeInteger(UInt64(length))
        }
    }

    mutating func writeFrame(_ opcode: Frame.Opcode, _ payload: [UInt8] = []) {
        writeFrameHead(opcode, length: payload.count)
        writeBytes(payload)
    }

    mutating func writeCloseFrame(_ code: CloseCode) {
        writeFrameHead(.close, length: 2 + code.reason.utf8.count)
        writeInteger(code.rawValue)
        writeString(code.reason)
    }

    /// `{"event":…}`
    mutating func writeEventFrame(_ event: EventBody, cursor: Cursor, at now: Timestamp) {
        writeFrameHead(.text, length: 9 + Self.lengthOfEvent(event, cursor: cursor, at: now) + 1)
        writeStaticString(#"{"event":"#)
        writeEvent(event, cursor: cursor, at: now)
        writeInteger(UInt8(ascii: "}"))
    }

    /// `{"id":…,"status":…,"location":…,"data":…}`
    mutating func writeAnswerFrame(_ id: JSONText?, _ answer: Answer) {
        var length = 10 + Self.digits(of: Int64(answer.status)) + 1
        if let id { length += 6 + id.utf8.count }
        if let location = answer.location { length += 14 + location.utf8.count }
        if !answer.body.isEmpty { length += 8 + answer.body.count }
        writeFrameHead(.text, length: length)
        if let id {
            writeStaticString(#"{"id":"#)
            writeBytes(id.utf8)
            writeStaticString(#","status":"#)
        } else {
            writeStaticString(#"{"status":"#)
        }
        writeDecimal(Int64(answer.status))
        if let location = answer.location {
            // A path of ours: there is nothing in it to be escaped.
            writeStaticString(#","location":""#)
            writeString(location)
            writeInteger(UInt8(ascii: "\""))
        }
        if !answer.body.isEmpty {
            writeStaticString(#","data":"#)
            writeBytes(answer.body)
        }
        writeInteger(UInt8(ascii: "}"))
    }
}

/// Events as they are delivered: the stored members behind the reader's cursor and the age at this moment.
extension ByteBuffer {
    /// `{"cursor":"…","ageMs":…,…}`, the same as ``EventBody/write(to:cursor:now:)`` writes.
    mutating func writeEvent(_ event: EventBody, cursor: Cursor, at now: Timestamp) {
        writeStaticString(#"{"cursor":""#)
        writeString(cursor.epoch)
        writeInteger(UInt8(ascii: "."))
        writeDecimal(cursor.position)
        writeStaticString(#"","ageMs":"#)
        writeDecimal(event.age(at: now))
        writeInteger(UInt8(ascii: ","))
        writeBytes(event.members)
        writeInteger(UInt8(ascii: "}"))
    }

    fileprivate static func lengthOfEvent(_ event: EventBody, cursor: Cursor, at now: Timestamp) -> Int {
        11 + cursor.epoch.utf8.count + 1 + digits(of: cursor.position) + 10 + digits(of: event.age(at: now)) + 1
            + event.members.count + 1
    }

    /// - Parameter value: Not negative.
    mutating func writeDecimal(_ value: Int64) {
        let count = Self.digits(of: value)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            var rest = value
            for index in stride(from: count - 1, through: 0, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return count
        }
    }

    fileprivate static func digits(of value: Int64) -> Int {
        var (count, rest) = (1, value)
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}

extension EventBody {
    fileprivate func age(at now: Timestamp) -> Int64 { max(0, (now - time).milliseconds) }
}
