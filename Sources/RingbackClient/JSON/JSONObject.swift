import RingbackModel

/// Thrown for JSON that does not follow the protocol.
struct UnexpectedJSON: Error, CustomStringConvertible {
    var path: String

    var description: String { path.isEmpty ? "its JSON is not an object" : "its JSON has no valid \(path)" }
}

/// The members of a JSON object, looked up by name.
///
/// Unknown members are ignored, and null means absent. A missing or invalid member throws ``UnexpectedJSON``.
struct JSONObject {
    /// Levels of nesting in a response: what a client may send, inside an event, inside a page.
    static let maximumDepth = Limits.jsonDepth + 16
    /// Values and names in a response. A full page of events has less than a tenth of them.
    static let maximumNodes = 1_000_000

    private let members: [String: JSONSlice]
    private let path: String

    init(_ slice: JSONSlice, path: String = "") throws(UnexpectedJSON) {
        guard let list = slice.members else { throw UnexpectedJSON(path: path) }
        var members: [String: JSONSlice] = [:]
        members.reserveCapacity(list.count)
        for member in list { members[member.name] = member.value.kind == .null ? nil : member.value }
        self.members = members
        self.path = path
    }

    /// - Throws: ``UnexpectedJSON``, also if `utf8` is not JSON.
    init(parsing utf8: [UInt8]) throws(UnexpectedJSON) {
        do {
            try self.init(
                JSONSlice(parsing: utf8, maximumDepth: Self.maximumDepth, maximumNodes: Self.maximumNodes))
        } catch {
            throw UnexpectedJSON(path: "")
        }
    }

    private func child(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func slice(_ name: String) throws(UnexpectedJSON) -> JSONSlice {
        guard let slice = members[name] else { throw UnexpectedJSON(path: child(name)) }
        return slice
    }

    func has(_ name: String) -> Bool { members[name] != nil }

    var names: [String] { members.keys.sorted() }

    /// The member `name` as converted by `read`. Throws if it is absent or of another kind.
    private func value<Value>(_ name: String, _ read: (JSONSlice) -> Value?) throws(UnexpectedJSON) -> Value {
        guard let value = members[name].flatMap(read) else { throw UnexpectedJSON(path: child(name)) }
        return value
    }

    func string(_ name: String) throws(UnexpectedJSON) -> String { try value(name) { $0.string } }

    func integer(_ name: String) throws(UnexpectedJSON) -> Int { try value(name) { $0.integer } }

    func bool(_ name: String) throws(UnexpectedJSON) -> Bool { try value(name) { $0.bool } }

    func time(_ name: String) throws(UnexpectedJSON) -> Timestamp {
        try value(name) { $0.string.flatMap { Timestamp($0) } }
    }

    func user(_ name: String) throws(UnexpectedJSON) -> UserID { try value(name) { $0.string.flatMap { UserID($0) } } }

    func device(_ name: String) throws(UnexpectedJSON) -> DeviceID {
        try value(name) { $0.string.flatMap { DeviceID($0) } }
    }

    func call(_ name: String) throws(UnexpectedJSON) -> CallID { try value(name) { $0.string.flatMap { CallID($0) } } }

    func text(_ name: String) throws(UnexpectedJSON) -> JSONText { try value(name) { $0.text } }

    /// A member whose value is a raw value of an enumeration.
    func word<Word: RawRepresentable<String>>(_ name: String, _: Word.Type = Word.self) throws(UnexpectedJSON) -> Word {
        try value(name) { $0.string.flatMap { Word(rawValue: $0) } }
    }

    func object(_ name: String) throws(UnexpectedJSON) -> JSONObject {
        try JSONObject(slice(name), path: child(name))
    }

    /// The member `name` as converted by `read`, or `nil` if it is absent.
    func optional<Value>(
        _ name: String, _ read: (JSONObject) -> (String) throws(UnexpectedJSON) -> Value
    ) throws(UnexpectedJSON) -> Value? {
        has(name) ? try read(self)(name) : nil
    }

    /// The objects of an array.
    func list<Value>(
        _ name: String, _ read: (JSONObject) throws(UnexpectedJSON) -> Value
    ) throws(UnexpectedJSON) -> [Value] {
        guard let elements = try slice(name).elements else { throw UnexpectedJSON(path: child(name)) }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            values.append(try read(JSONObject(element, path: "\(child(name))[\(index)]")))
        }
        return values
    }
}
