/// A value inside a JSON text that has been checked as a whole: a view, not a copy.
package struct JSONSlice: Sendable {
    private let document: JSONDocument
    private let index: Int

    /// Checks `utf8` against RFC 8259: one value, valid UTF-8, no lone surrogates, at most `maximumDepth` deep.
    package init(
        parsing utf8: [UInt8], maximumDepth: Int = Limits.jsonDepth, maximumNodes: Int = Limits.jsonValues
    ) throws(JSONSyntaxError) {
        self.init(
            try JSONDocument(parsing: utf8, maximumDepth: maximumDepth, maximumNodes: maximumNodes), 0)
    }

    /// Parses what was within its bounds before it was kept, perhaps inside of something else: there are none here but that
    /// of the stack.
    ///
    /// - Returns: `nil` for what is not JSON.
    package init?(kept utf8: [UInt8]) {
        guard let document = try? JSONDocument(parsing: utf8, maximumDepth: 512, maximumNodes: .max) else { return nil }
        self.init(document, 0)
    }

    private init(_ document: JSONDocument, _ index: Int) {
        self.document = document
        self.index = index
    }

    package enum Kind: Sendable { case object, array, string, number, bool, null }

    private var node: JSONDocument.Node { document.nodes[index] }
    private var bytes: ArraySlice<UInt8> { document.bytes[node.range] }

    package var kind: Kind { node.kind }

    /// The bytes that the value takes.
    package var count: Int { node.range.count }

    /// The value's own bytes.
    package var text: JSONText { JSONText(unchecked: Array(bytes)) }

    package var bool: Bool? { kind == .bool ? bytes.first == UInt8(ascii: "t") : nil }

    /// A number's or a bool's own characters, a string's content: how a parameter of a URL would have been written.
    package var parameterText: String? {
        switch kind {
        case .string: string
        case .number, .bool: String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// An integer, also when written as `1.0` or `1e2` (then up to 2^53); `nil` for other numbers.
    package var integer: Int? {
        guard kind == .number else { return nil }
        let digits = String(decoding: bytes, as: UTF8.self)
        if let value = Int(digits) { return value }
        guard let value = Double(digits), value.magnitude <= 9_007_199_254_740_992, value == value.rounded() else {
            return nil
        }
        return Int(value)
    }

    package var number: Double? {
        guard kind == .number else { return nil }
        return Double(String(decoding: bytes, as: UTF8.self))
    }

    /// A string's content with its escapes resolved.
    package var string: String? {
        guard node.kind == .string else { return nil }
        return document.content(of: node)
    }

    /// UTF-8 bytes of a string's content with its escapes resolved.
    package var stringByteCount: Int? {
        node.kind == .string ? node.contentCount : nil
    }

    /// Whether it is a string of the same bytes.
    package func isString(_ text: String) -> Bool {
        node.kind == .string && text.readUTF8 { document.isContent(of: node, $0) }
    }
}

extension JSONSlice {
    /// An array's elements; `nil` for another kind of value.
    package var elements: [JSONSlice]? {
        let node = node
        guard node.kind == .array else { return nil }
        var elements: [JSONSlice] = []
        var place = index + 1
        while place < node.next {
            elements.append(JSONSlice(document, place))
            place = Int(document.nodes[place].next)
        }
        return elements
    }

    /// An object's members in their order; `nil` for another kind of value.
    package var members: [(name: String, value: JSONSlice)]? {
        let node = node
        guard node.kind == .object else { return nil }
        var members: [(String, JSONSlice)] = []
        var name = index + 1
        while name < node.next {
            members.append((JSONSlice(document, name).string ?? "", JSONSlice(document, name + 1)))
            name = Int(document.nodes[name + 1].next)
        }
        return members
    }

    /// An object's members in the order of their names' bytes, of those with one name the last; `nil` for another kind of
    /// value.
    package var membersByName: [(name: String, value: JSONSlice)]? {
        guard let members else { return nil }
        var sorted: [(name: String, value: JSONSlice)] = []
        // Those with one name stay in their order.
        for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            if let last = sorted.last, last.name.hasSameBytes(as: member.name) { sorted.removeLast() }
            sorted.append(member)
        }
        return sorted
    }

    /// A member of an object. Of members with one name the last counts.
    package subscript(name: String) -> JSONSlice? {
        document.member(name, of: index).map { JSONSlice(document, $0) }
    }

    /// A member of an object that is not null: in a request, null means absent.
    package func present(_ name: String) -> JSONSlice? {
        guard let member = self[name], member.kind != .null else { return nil }
        return member
    }
}
