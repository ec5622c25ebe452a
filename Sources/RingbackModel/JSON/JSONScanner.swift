/// Validates a JSON text (RFC 8259) and records the positions of its values.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private let maximumNodes: Int
    private var position = 0
    private(set) var nodes: [JSONDocument.Node] = []

    /// - Parameter bytes: Must outlive the scanner. Less than 4 GiB.
    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, maximumNodes: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.maximumNodes = maximumNodes
        // Enough for most requests.
        nodes.reserveCapacity(24)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Scans the whole text, whose only value becomes the first node.
    mutating func scanDocument() throws(JSONSyntaxError) {
        // A byte-order mark may be ignored (RFC 8259, section 8.1).
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
        skipSpace()
        try scanValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("unexpected text after the value") }
    }

    private mutating func scanValue(depth: Int) throws(JSONSyntaxError) {
        guard depth < maximumDepth else { throw error("nested more than \(maximumDepth) levels deep") }
        guard nodes.count < maximumNodes else { throw error("more than \(maximumNodes) values and names") }
        switch current {
        case UInt8(ascii: "{"): try scanObject(depth: depth)
        case UInt8(ascii: "["): try scanArray(depth: depth)
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "t"): try scanLiteral("true", .bool)
        case UInt8(ascii: "f"): try scanLiteral("false", .bool)
        case UInt8(ascii: "n"): try scanLiteral("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): try scanNumber()
        case nil: throw error("unexpected end")
        default: throw error("unexpected character")
        }
    }

    private mutating func scanObject(depth: Int) throws(JSONSyntaxError) {
        let node = begin(.object)
        skipSpace()
        if accept(UInt8(ascii: "}")) { return end(node) }
        while true {
            guard current == UInt8(ascii: "\"") else { throw error("expected a member's name") }
            try scanString()
            skipSpace()
            guard accept(UInt8(ascii: ":")) else { throw error("expected ':'") }
            skipSpace()
            try scanValue(depth: depth + 1)
            skipSpace()
            if accept(UInt8(ascii: "}")) { return end(node) }
            guard accept(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
            skipSpace()
        }
    }

    private mutating func scanArray(depth: Int) throws(JSONSyntaxError) {
        let node = begin(.array)
        skipSpace()
        if accept(UInt8(ascii: "]")) { return end(node) }
        while true {
            try scanValue(depth: depth + 1)
            skipSpace()
            if accept(UInt8(ascii: "]")) { return end(node) }
            guard accept(UInt8(ascii: ",")) else { throw error("expected ',' or ']'") }
            skipSpace()
        }
    }

    /// Adds a node for an object or array and moves past its opening bracket.
    private mutating func begin(_ kind: JSONSlice.Kind) -> Int {
        note(kind, from: position)
        position += 1
        return nodes.count - 1
    }

    private mutating func end(_ node: Int) {
        nodes[node].end = UInt32(truncatingIfNeeded: position)
        nodes[node].next = UInt32(truncatingIfNeeded: nodes.count)
    }

    private mutating func note(_ kind: JSONSlice.Kind, from start: Int, escapes: Int = 0) {
        nodes.append(
            JSONDocument.Node(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: position),
                next: UInt32(truncatingIfNeeded: nodes.count + 1), escapes: UInt32(truncatingIfNeeded: escapes),
                kind: kind))
    }

    private mutating func scanLiteral(_ literal: StaticString, _ kind: JSONSlice.Kind) throws(JSONSyntaxError) {
        let start = position
        for offset in 0..<literal.utf8CodeUnitCount {
            guard accept(literal.utf8Start[offset]) else { throw error("unexpected character") }
        }
        note(kind, from: start)
    }

    private mutating func scanNumber() throws(JSONSyntaxError) {
        let start = position
        _ = accept(UInt8(ascii: "-"))
        if !accept(UInt8(ascii: "0")) { try scanDigits() }
        if accept(UInt8(ascii: ".")) { try scanDigits() }
        if accept(UInt8(ascii: "e")) || accept(UInt8(ascii: "E")) {
            if !accept(UInt8(ascii: "+")) { _ = accept(UInt8(ascii: "-")) }
            try scanDigits()
        }
        note(.number, from: start)
    }

    private mutating func scanDigits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw error("expected a digit") }
    }

    private mutating func scanString() throws(JSONSyntaxError) {
        let (start, count) = (position, bytes.count)
        var place = start + 1
        var escapes = 0
        while place < count {
            // Skips ordinary ASCII characters, eight bytes at a time.
            if place + 8 <= count {
                let word = UnsafeRawPointer(bytes.baseAddress! + place).loadUnaligned(as: UInt64.self).littleEndian
                let isSpecial = (Self.escapable(in: word) | word) & 0x8080_8080_8080_8080
                guard isSpecial != 0 else {
                    place += 8
                    continue
                }
                place += isSpecial.trailingZeroBitCount / 8
            }
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\""):
                position = place + 1
                return note(.string, from: start, escapes: escapes)
            case UInt8(ascii: "\\"):
                position = place
                // Escapes often come in pairs, as `\r\n` does at the end of each line of SDP.
                repeat { escapes += try scanEscape() } while current == UInt8(ascii: "\\")
                place = position
            case 0x20..<0x80: place += 1
            case 0x80...:
                position = place
                try scanMultibyte(first: byte)
                place = position
            default:
                position = place
                throw error("control character in a string")
            }
        }
        position = place
        throw error("unexpected end in a string")
    }

    /// Sets the highest bit of every byte that is a quote, a backslash or a control character. A borrow can set it in
    /// further bytes, but only above such a byte. The other bits are undefined.
    static func escapable(in word: UInt64) -> UInt64 {
        let isControl = (word &- 0x2020_2020_2020_2020) & ~word
        return zeroes(in: word ^ 0x2222_2222_2222_2222) | zeroes(in: word ^ 0x5C5C_5C5C_5C5C_5C5C) | isControl
    }

    /// Sets the highest bit of every byte that is zero, and possibly of bytes above it.
    private static func zeroes(in word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }

    /// - Returns: How many bytes longer the escape is than the character in UTF-8.
    private mutating func scanEscape() throws(JSONSyntaxError) -> Int {
        position += 1
        switch current {
        case UInt8(ascii: "u"):
            let unit = try scanUnit()
            if (0xDC00..<0xE000).contains(unit) { throw error("lone surrogate") }
            guard (0xD800..<0xDC00).contains(unit) else { return unit < 0x80 ? 5 : unit < 0x800 ? 4 : 3 }
            guard accept(UInt8(ascii: "\\")), current == UInt8(ascii: "u") else { throw error("lone surrogate") }
            guard (0xDC00..<0xE000).contains(try scanUnit()) else { throw error("lone surrogate") }
            return 8
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
            return 1
        default: throw error("unknown escape")
        }
    }

    /// Reads the `u` at the position and the four hexadecimal digits after it.
    private mutating func scanUnit() throws(JSONSyntaxError) -> UInt32 {
        position += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = current.flatMap(Self.hexValue) else { throw error("expected four hexadecimal digits") }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    /// Reads one character of well-formed UTF-8 (The Unicode Standard, table 3-7).
    private mutating func scanMultibyte(first: UInt8) throws(JSONSyntaxError) {
        let (second, length): (ClosedRange<UInt8>, Int)
        switch first {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        default: throw error("not UTF-8")
        }
        position += 1
        for index in 1..<length {
            guard let byte = current, index == 1 ? second.contains(byte) : (0x80...0xBF).contains(byte) else {
                throw error("not UTF-8")
            }
            position += 1
        }
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private func error(_ reason: String) -> JSONSyntaxError {
        let before = bytes[..<position]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        return JSONSyntaxError(offset: position, line: line, column: position - lineStart + 1, reason: reason)
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
