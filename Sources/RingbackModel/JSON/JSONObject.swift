/// An object's members, found once and read without making strings of their names.
package struct JSONObject: Sendable {
    private struct Member: Sendable {
        /// With its quotes.
        let name: Range<Int>
        let value: Range<Int>
        /// The name is ASCII without escapes: its bytes are its text.
        let isPlain: Bool
    }

    private let document: [UInt8]
    private let members: [Member]

    /// No members.
    package init() { (document, members) = ([], []) }

    /// - Returns: `nil` for another kind of value.
    package init?(_ slice: JSONSlice) {
        guard slice.kind == .object else { return nil }
        let members = slice.document.withUnsafeBufferPointer { bytes -> [Member]? in
            var scanner = JSONScanner(bytes, at: slice.range.lowerBound + 1)
            var members: [Member] = []
            members.reserveCapacity(4)
            scanner.skipSpace()
            while scanner.position < slice.range.upperBound, scanner.current != UInt8(ascii: "}") {
                guard let name = scanner.skipValue() else { return nil }
                scanner.skipSeparator()
                guard let value = scanner.skipValue() else { return nil }
                scanner.skipSeparator()
                let isPlain = bytes[name].allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\\") }
                members.append(Member(name: name, value: value, isPlain: isPlain))
            }
            return members
        }
        guard let members else { return nil }
        self.members = members
        document = slice.document
    }

    package var indices: Range<Int> { members.indices }

    package func name(at index: Int) -> String {
        JSONSlice(document: document, range: members[index].name).string ?? ""
    }

    package func value(at index: Int) -> JSONSlice { JSONSlice(document: document, range: members[index].value) }

    /// Of members with one name the last counts.
    package subscript(name: String) -> JSONSlice? {
        guard let index = members.lastIndex(where: { isNamed(name, $0) }) else { return nil }
        return value(at: index)
    }

    private func isNamed(_ name: String, _ member: Member) -> Bool {
        // Equal strings may differ in their bytes when they are not ASCII.
        guard member.isPlain else { return JSONSlice(document: document, range: member.name).string == name }
        guard member.name.count == name.utf8.count + 2 else { return false }
        return document[member.name.lowerBound + 1..<member.name.upperBound - 1].elementsEqual(name.utf8)
    }
}
