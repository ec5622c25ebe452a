import RingbackModel

/// Writes bytes one behind the other into room that is there: a buffer looks at its owner and its room with each write.
struct BytePen: ~Copyable {
    private let place: UnsafeMutableRawBufferPointer
    /// How many bytes are written.
    private(set) var count = 0

    init(_ place: UnsafeMutableRawBufferPointer) { self.place = place }

    mutating func put(_ byte: UInt8) {
        precondition(count < place.count)
        place[count] = byte
        count += 1
    }

    mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ bytes: [UInt8]) { bytes.withUnsafeBytes { put($0) } }

    mutating func put(_ text: String) {
        text.readUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        precondition(bytes.count <= place.count - count)
        (place.baseAddress! + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    /// - Parameter value: Not negative.
    mutating func put(decimal value: Int64) {
        let end = count + Self.digits(of: value)
        precondition(end <= place.count)
        var rest = value
        for index in stride(from: end - 1, through: count, by: -1) {
            place[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count = end
    }

    /// How many digits a number has that is not negative.
    static func digits(of value: Int64) -> Int {
        var (count, rest) = (1, value)
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}

extension BytePen {
    /// The most bytes that ``putFrameHead(_:length:)`` takes.
    static let frameHead = 10

    /// The head of a server's frame (RFC 6455, section 5.2: unmasked, unfragmented).
    mutating func putFrameHead(_ opcode: Frame.Opcode, length: Int) {
        put(0x80 | opcode.rawValue)
        switch length {
        case ..<126: put(UInt8(length))
        case ...Int(UInt16.max):
            put(126)
            putBigEndian(UInt16(length))
        default:
            put(127)
            putBigEndian(UInt64(length))
        }
    }

    private mutating func putBigEndian(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { put($0) }
    }
}

/// Events as they are delivered: the stored members behind the reader's cursor and the age at this moment.
extension BytePen {
    /// `{"cursor":"…","ageMs":…,…}`, the same as ``EventBody/write(to:cursor:now:)`` writes.
    mutating func putEvent(_ event: EventBody, cursor: Cursor, at now: Timestamp) {
        put(#"{"cursor":""#)
        put(cursor.epoch)
        put(UInt8(ascii: "."))
        put(decimal: cursor.position)
        put(#"","ageMs":"#)
        put(decimal: event.age(at: now))
        put(UInt8(ascii: ","))
        put(event.members)
        put(UInt8(ascii: "}"))
    }

    static func lengthOfEvent(_ event: EventBody, cursor: Cursor, at now: Timestamp) -> Int {
        11 + cursor.epoch.utf8.count + 1 + digits(of: cursor.position) + 10 + digits(of: event.age(at: now)) + 1
            + event.members.count + 1
    }
}

extension EventBody {
    fileprivate func age(at now: Timestamp) -> Int64 { max(0, now.milliseconds - time.milliseconds) }
}
