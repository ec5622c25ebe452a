#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A JSON text (RFC 8259) that has been validated, and the positions of all its values.
final class JSONDocument: Sendable {
    /// A value or the name of a member. Nodes are in the order of the text: an array is followed by its elements, an
    /// object by its members, each name before its value.
    struct Node: Sendable {
        /// The offset of the first byte; for a string, of its opening quote.
        let start: UInt32
        var end: UInt32
        /// The index of the node after this one and everything in it.
        var next: UInt32
        /// How many bytes the escapes add to the length of a string.
        let escapes: UInt32
        let kind: JSONSlice.Kind

        var range: Range<Int> { Int(start)..<Int(end) }
        /// For a string: the length of its content in bytes, with escapes resolved.
        var contentCount: Int { Int(end) - Int(start) - 2 - Int(escapes) }
    }

    let bytes: [UInt8]
    let nodes: [Node]

    /// - Parameters:
    ///   - maximumDepth: How deeply values may be nested.
    ///   - maximumNodes: How many values and names there may be. Each takes 20 bytes of memory.
    init(parsing utf8: [UInt8], maximumDepth: Int, maximumNodes: Int) throws(JSONSyntaxError) {
        guard utf8.count < UInt32.max else { throw JSONSyntaxError(offset: 0, line: 1, column: 1, reason: "too long") }
        nodes = try utf8.withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
            var scanner = JSONScanner(bytes, maximumDepth: maximumDepth, maximumNodes: maximumNodes)
            try scanner.scanDocument()
            return scanner.nodes
        }
        bytes = utf8
    }
}

extension JSONDocument {
    /// The node of the member `name` of `object`, the last one if there are several; `nil` if there is none or the node
    /// is not an object. Names are compared byte by byte (RFC 8259, section 8.3).
    func member(_ name: String, of object: Int) -> Int? {
        guard nodes[object].kind == .object else { return nil }
        return name.readUTF8 { utf8 in
            nodes.withUnsafeBufferPointer { nodes in
                let end = nodes[object].next
                var found: Int?
                var place = object + 1
                while place < end {
                    if nodes[place].contentCount == utf8.count, isContent(of: nodes[place], utf8) { found = place + 1 }
                    place = Int(nodes[place + 1].next)
                }
                return found
            }
        }
    }

    /// Whether the content of a string, with escapes resolved, equals `utf8`.
    func isContent(of string: Node, _ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        guard string.contentCount == utf8.count else { return false }
        guard string.escapes == 0 else {
            return Self.unescape(bytes[string.range.dropFirst().dropLast()]).elementsEqual(utf8)
        }
        return bytes.withUnsafeBytes { bytes in
            let content = UnsafeRawBufferPointer(rebasing: bytes[string.range.dropFirst().dropLast()])
            return utf8.isEmpty || memcmp(content.baseAddress!, utf8.baseAddress!, utf8.count) == 0
        }
    }

    /// The content of a string, with escapes resolved.
    func content(of string: Node) -> String {
        let content = string.range.dropFirst().dropLast()
        guard string.escapes == 0 else { return String(decoding: Self.unescape(bytes[content]), as: UTF8.self) }
        return bytes.withUnsafeBufferPointer { bytes in
            String(decoding: UnsafeBufferPointer(rebasing: bytes[content]), as: UTF8.self)
        }
    }

    /// - Parameter content: Must have been validated by the scanner.
    private static func unescape(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var index = content.startIndex
        func unit(at start: Int) -> UInt32 {
            content[start..<start + 4].reduce(0) { $0 << 4 | UInt32(JSONScanner.hexValue($1) ?? 0) }
        }
        while index < content.endIndex {
            let byte = content[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
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
