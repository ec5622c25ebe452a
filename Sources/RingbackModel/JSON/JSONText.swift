/// One JSON value, kept as the bytes in which it arrived. Valid according to RFC 8259.
public struct JSONText: Hashable, Sendable {
    /// The value in UTF-8, without white space around it.
    public let utf8: [UInt8]

    /// Validates that `utf8` is one JSON value, nested at most ``Limits/jsonDepth`` levels deep.
    ///
    /// - Throws: ``JSONSyntaxError`` with the position of the first error.
    public init(_ utf8: [UInt8]) throws(JSONSyntaxError) {
        self = try JSONSlice(parsing: utf8).text
    }

    package init(unchecked utf8: [UInt8]) { self.utf8 = utf8 }

    /// The offset after the string that begins at `start`. The JSON must be valid.
    package static func endOfString(in json: UnsafeRawBufferPointer, from start: Int) -> Int {
        var place = start + 1
        while place < json.count {
            // Skips eight bytes at a time, up to a quote or a backslash.
            if place + 8 <= json.count {
                let word = json.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
                let found = JSONScanner.escapable(in: word) & 0x8080_8080_8080_8080
                guard found != 0 else {
                    place += 8
                    continue
                }
                place += found.trailingZeroBitCount / 8
            }
            switch json[place] {
            case UInt8(ascii: "\""): return place + 1
            case UInt8(ascii: "\\"): place += 2
            default: place += 1
            }
        }
        return json.count
    }
}

/// An error in a JSON text, and its position.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The offset in bytes, counted from 0.
    public let offset: Int
    /// The line, counted from 1.
    public let line: Int
    /// The position in the line in bytes, counted from 1.
    public let column: Int
    /// What is wrong at this position.
    public let reason: String

    public var description: String { "\(reason) at line \(line), column \(column)" }
}

extension JSONText: Codable {
    public init(from decoder: any Decoder) throws {
        var writer = JSONWriter()
        try JSONValue(from: decoder).write(to: &writer)
        self.init(unchecked: writer.finish())
    }

    public func encode(to encoder: any Encoder) throws {
        guard let slice = JSONSlice(kept: utf8) else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: "nested too deep"))
        }
        try JSONValue(slice).encode(to: encoder)
    }
}
