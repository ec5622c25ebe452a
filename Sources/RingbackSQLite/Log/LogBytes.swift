import RingbackModel

/// The encoding of a row of the log: numbers as LEB128, text as its length in bytes followed by its UTF-8.
extension [UInt8] {
    mutating func append(number: Int64) {
        var rest = UInt64(bitPattern: number)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// - Parameter text: `nil` is encoded like the empty text.
    mutating func append(text: String?) {
        guard let text else { return append(0) }
        text.readUTF8 { utf8 in
            append(number: Int64(utf8.count))
            append(contentsOf: utf8)
        }
    }
}

/// Decodes values in the order in which they were appended.
struct LogBytes {
    private let bytes: [UInt8]
    private(set) var place: Int

    /// - Parameter place: The index to begin at, an earlier value of ``place``.
    init(_ bytes: [UInt8], from place: Int = 0) { (self.bytes, self.place) = (bytes, place) }

    var isAtEnd: Bool { place == bytes.count }

    /// - Throws: ``CorruptRow``.
    mutating func number() throws -> Int64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while shift < 64, place < bytes.count {
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(bitPattern: number) }
            shift += 7
        }
        throw CorruptRow(column: "entries")
    }

    /// The number of elements that follow.
    ///
    /// - Throws: ``CorruptRow`` if there can't be as many.
    mutating func count() throws -> Int {
        guard let count = Int(exactly: try number()), (0...bytes.count - place).contains(count) else {
            throw CorruptRow(column: "entries")
        }
        return count
    }

    /// - Returns: `nil` for the empty text.
    /// - Throws: ``CorruptRow``.
    mutating func text() throws -> String? {
        let count = try count()
        defer { place += count }
        return count == 0 ? nil : String(decoding: bytes[place..<place + count], as: UTF8.self)
    }

    /// - Throws: ``CorruptRow``.
    mutating func skipText() throws { place += try count() }

    /// - Throws: ``CorruptRow``.
    mutating func skipNumbers(_ count: Int) throws {
        for _ in 0..<count { _ = try number() }
    }
}
