/// A value inside a JSON text that has been checked as a whole: a view, not a copy.
package struct JSONSlice: Sendable {
    let document: [UInt8]
    let range: Range<Int>

    /// Checks `utf8` against RFC 8259: one value, valid UTF-8, no lone surrogates, at most `maximumDepth` deep.
    package init(parsing utf8: [UInt8], maximumDepth: Int = Limits.jsonDepth) throws(JSONSyntaxError) {
        range = try utf8.withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
            var scanner = JSONScanner(bytes, maximumDepth: maximumDepth)
            return try scanner.scanDocument()
        }
        document = utf8
    }

    /// For bytes that were checked before they were stored.
    package init(unchecked utf8: [UInt8]) {
        document = utf8
        range = 0..<utf8.count
    }

    init(document: [UInt8], range: Range<Int>) {
        self.document = document
        self.range = range
    }

    package enum Kind: Sendable { case object, array, string, number, bool, null }

    package var kind: Kind {
        switch range.isEmpty ? 0 : document[range.lowerBound] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    package var count: Int { range.count }

    /// The value's own bytes.
    package var text: JSONText { JSONText(unchecked: Array(document[range])) }

    package var bool: Bool? { kind == .bool ? document[range.lowerBound] == UInt8(ascii: "t") : nil }

    /// A number's or a bool's own characters, a string's content: how a parameter of a URL would have been written.
    package var parameterText: String? {
        switch kind {
        case .string: string
        case .number, .bool: String(decoding: document[range], as: UTF8.self)
        default: nil
        }
    }

    /// An integer, also when written as `1.0` or `1e2` (then up to 2^53); `nil` for other numbers.
    package var integer: Int? {
        guard kind == .number else { return nil }
        let digits = String(decoding: document[range], as: UTF8.self)
        if let value = Int(digits) { return value }
        guard let value = Double(digits), value.magnitude <= 9_007_199_254_740_992, value == value.rounded() else {
            return nil
        }
        return Int(value)
    }

    package var number: Double? {
        guard kind == .number else { return nil }
        return Double(String(decoding: document[range], as: UTF8.self))
    }

    /// A string's content with its escapes resolved.
    package var string: String? {
        guard kind == .string else { return nil }
        let content = document[range.lowerBound + 1..<range.upperBound - 1]
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        return String(decoding: Self.unescape(content), as: UTF8.self)
    }

    /// UTF-8 bytes of a string's content, counted without making it.
    package var stringByteCount: Int? {
        guard kind == .string else { return nil }
        return document.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes, at: range.lowerBound + 1)
            let end = range.upperBound - 1
            var count = end - scanner.position
            while true {
                scanner.skipPlain()
                let index = scanner.position
                guard index < end else { return count }
                if bytes[index] != UInt8(ascii: "\\") {
                    scanner.skip(1)
                } else if bytes[index + 1] != UInt8(ascii: "u") {
                    count -= 1
                    scanner.skip(2)
                } else {
                    let length = Self.lengthOfUnit(bytes[index + 2..<index + 6])
                    // The second of a pair comes with the first.
                    let written = length == 4 ? 12 : 6
                    count -= written - length
                    scanner.skip(written)
                }
            }
        }
    }

    /// UTF-8 bytes of what four hexadecimal digits stand for: 4 for the first of a surrogate pair.
    private static func lengthOfUnit(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        let unit = digits.reduce(UInt32(0)) { $0 << 4 | UInt32(JSONScanner.hexValue($1) ?? 0) }
        switch unit {
        case ..<0x80: return 1
        case ..<0x800: return 2
        case 0xD800..<0xDC00: return 4
        default: return 3
        }
    }

    private static func unescape(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var index = content.startIndex
        func unit(at start: Int) -> UInt32 {
            content[start..<min(start + 4, content.endIndex)].reduce(0) {
                $0 << 4 | UInt32(JSONScanner.hexValue($1) ?? 0)
            }
        }
        while index < content.endIndex {
            let byte = content[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < content.endIndex else {
                result.append(byte)
                continue
            }
            let escape = content[index]
            index += 1
            switch escape {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"):
                var scalar = unit(at: index)
                index += 4
                if (0xD800..<0xDC00).contains(scalar) {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (unit(at: index + 2) &- 0xDC00) & 0x3FF
                    index += 6
                }
                result.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
            default: result.append(escape)
            }
        }
        return result
    }
}

extension JSONSlice {
    /// An array's elements; `nil` for another kind of value.
    package var elements: [JSONSlice]? {
        guard kind == .array else { return nil }
        return document.withUnsafeBufferPointer { bytes -> [JSONSlice]? in
            var scanner = JSONScanner(bytes, at: range.lowerBound + 1)
            var elements: [JSONSlice] = []
            scanner.skipSpace()
            while scanner.position < range.upperBound, scanner.current != UInt8(ascii: "]") {
                guard let value = scanner.skipValue() else { return nil }
                elements.append(JSONSlice(document: document, range: value))
                scanner.skipSeparator()
            }
            return elements
        }
    }

    /// An object's members in their order; `nil` for another kind of value.
    package var members: [(name: String, value: JSONSlice)]? {
        JSONObject(self).map { object in object.indices.map { (object.name(at: $0), object.value(at: $0)) } }
    }

    /// A member of an object. Of members with one name the last counts.
    package subscript(name: String) -> JSONSlice? { JSONObject(self)?[name] }
}
