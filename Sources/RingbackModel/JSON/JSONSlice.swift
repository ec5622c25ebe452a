/// A value in a validated JSON text. It refers to the text and does not copy it.
package struct JSONSlice: Sendable {
    private let document: JSONDocument
    private let index: Int

    /// Validates `utf8` as RFC 8259: one value, valid UTF-8, no lone surrogates, at most `maximumDepth` levels and
    /// `maximumNodes` values and names.
    package init(
        parsing utf8: [UInt8], maximumDepth: Int = Limits.jsonDepth, maximumNodes: Int = Limits.jsonValues
    ) throws(JSONSyntaxError) {
        self.init(
            try JSONDocument(parsing: utf8, maximumDepth: maximumDepth, maximumNodes: maximumNodes), 0)
    }

    /// Parses JSON that was within the limits of a request when it was stored and may have been nested in another value
    /// since. The only limit is 512 levels, to protect the stack.
    ///
    /// - Returns: `nil` if it is not valid JSON.
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

    /// The length of the value's text in bytes.
    package var count: Int { node.range.count }

    /// A copy of the value's text.
    package var text: JSONText { JSONText(unchecked: Array(bytes)) }

    package var bool: Bool? { kind == .bool ? bytes.first == UInt8(ascii: "t") : nil }

    /// The value as it would be written in a URL: the text of a number or boolean, the content of a string; `nil` for
    /// others.
    package var parameterText: String? {
        switch kind {
        case .string: string
        case .number, .bool: String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// An integer, including one written as `1.0` or `1e2` (up to 2^53); `nil` for other numbers.
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

    /// The length of a string's content in bytes, with escapes resolved.
    package var stringByteCount: Int? {
        node.kind == .string ? node.contentCount : nil
    }

    /// Whether the value is a string with the same bytes as `text`.
    package func isString(_ text: String) -> Bool {
        node.kind == .string && text.readUTF8 { document.isContent(of: node, $0) }
    }
}

extension JSONSlice {
    /// The elements of an array; `nil` for other values.
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

    /// The members of an object, in order; `nil` for other values.
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

    /// The members of an object, sorted by the bytes of their names; of members with the same name, the last. `nil` for
    /// other values.
    package var membersByName: [(name: String, value: JSONSlice)]? {
        guard let members else { return nil }
        var sorted: [(name: String, value: JSONSlice)] = []
        // The sort is stable: members with the same name keep their order.
        for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            if let last = sorted.last, last.name.hasSameBytes(as: member.name) { sorted.removeLast() }
            sorted.append(member)
        }
        return sorted
    }

    /// The member `name` of an object. Of members with the same name, the last.
    package subscript(name: String) -> JSONSlice? {
        document.member(name, of: index).map { JSONSlice(document, $0) }
    }

    /// The member `name` unless it is null: in a request, null means absent.
    package func present(_ name: String) -> JSONSlice? {
        guard let member = self[name], member.kind != .null else { return nil }
        return member
    }
}
