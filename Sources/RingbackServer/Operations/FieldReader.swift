import RingbackModel

/// Reads the members of a JSON object and collects all errors, so that one response reports all of them.
///
/// Each method returns `nil` for a member that is absent or invalid; ``finish()`` throws in the latter case. Members
/// that are not read are ignored.
struct FieldReader {
    private let object: JSONSlice?
    private let place: Place?
    private var errors: [Problem.FieldError] = []

    /// The position of an object in the body. Converted to text only for an error.
    private struct Place {
        let before: String
        let name: String
        let index: Int?

        var path: String { before + name + (index.map { "[\($0)]." } ?? ".") }
    }

    private var path: String { place?.path ?? "" }

    /// - Throws: ``Problem`` `invalid_request` if the body is not an object. A missing body counts as an empty object.
    init(_ body: JSONSlice?) throws {
        guard body.map({ $0.kind == .object }) ?? true else {
            throw Problem(.invalidRequest, "The body must be a JSON object.")
        }
        self.init(body, at: nil)
    }

    /// - Parameter object: An object, or nil.
    private init(_ object: JSONSlice?, at place: Place?) {
        self.object = object
        self.place = place
    }

    /// - Throws: ``Problem`` `invalid_request` with an entry for each invalid member.
    func finish() throws {
        guard let first = errors.first else { return }
        let detail = errors.count == 1 ? "\(first.field): \(first.message)" : "\(errors.count) fields are invalid."
        throw Problem(.invalidRequest, detail, errors: errors)
    }

    /// Unwraps a required member after ``finish()`` has succeeded.
    static func unwrap<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Problem(.invalidRequest, "A field is missing.") }
        return value
    }

    mutating func fail(_ name: String, _ message: String) {
        errors.append(.init(field: path + name, message: message))
    }

    // MARK: Members

    mutating func text(_ name: String, characters: ClosedRange<Int>, isRequired: Bool = false) -> String? {
        member(name, isRequired).flatMap { text($0, of: name, characters: characters) }
    }

    /// - Parameter value: The value of the member `name`.
    mutating func text(_ value: JSONSlice, of name: String, characters: ClosedRange<Int>) -> String? {
        guard let text = value.string else { return wrongType(name, "a string") }
        let isPlain = text.readUTF8 { $0.allSatisfy { (0x20..<0x7F).contains($0) } }
        guard characters.contains(isPlain ? text.utf8.count : text.unicodeScalars.count) else {
            fail(name, "must have \(characters.lowerBound) to \(characters.upperBound) characters")
            return nil
        }
        guard isPlain || !text.unicodeScalars.contains(where: Self.isControl) else {
            fail(name, "must not contain control characters")
            return nil
        }
        return text
    }

    /// The name of a user or a device.
    mutating func name(_ name: String) -> String? {
        guard let text = text(name, characters: Limits.nameCharacters) else { return nil }
        if NameText.isBlank(text) {
            fail(name, "must contain a character that can be seen")
            return nil
        }
        guard let scalar = NameText.invisible(in: text) else { return text }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        fail(
            name,
            "must not contain the invisible character U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)"
        )
        return nil
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    }

    mutating func user(_ name: String, isRequired: Bool = true) -> UserID? {
        guard let value = member(name, isRequired) else { return nil }
        guard let text = value.string else { return wrongType(name, "a string") }
        guard let user = UserID(text) else {
            fail(name, "must be 1 to 64 characters of [A-Za-z0-9._~@-]")
            return nil
        }
        return user
    }

    mutating func device(_ name: String) -> DeviceID? {
        guard let value = member(name, false) else { return nil }
        guard let text = value.string else { return wrongType(name, "a string") }
        guard let device = DeviceID(text) else {
            fail(name, "must be 8 to 64 characters of [A-Za-z0-9_-]")
            return nil
        }
        return device
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        member(name, false).flatMap { integer($0, of: name, in: range) }
    }

    /// - Parameter value: The value of the member `name`.
    mutating func integer(_ value: JSONSlice, of name: String, in range: ClosedRange<Int>) -> Int? {
        guard let integer = value.integer else { return wrongType(name, "an integer") }
        guard range.contains(integer) else {
            fail(name, "must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return integer
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let value = member(name, false) else { return nil }
        return value.bool ?? wrongType(name, "true or false")
    }

    mutating func choice<Choice: RawRepresentable<String>>(_ name: String, of choices: [Choice]) -> Choice? {
        guard let value = member(name, false) else { return nil }
        guard value.kind == .string else { return wrongType(name, "a string") }
        guard let choice = choices.first(where: { value.isString($0.rawValue) }) else {
            fail(name, "must be one of \(choices.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return choice
    }

    /// Any JSON of at most `bytes` bytes.
    mutating func json(_ name: String, bytes: Int) -> JSONText? {
        guard let value = member(name, false) else { return nil }
        guard value.count <= bytes else {
            fail(name, "must have at most \(bytes) bytes of JSON")
            return nil
        }
        return value.text
    }

    mutating func array(_ name: String, count: ClosedRange<Int>) -> [JSONSlice]? {
        guard let value = member(name, true) else { return nil }
        guard let elements = value.elements else { return wrongType(name, "an array") }
        guard count.contains(elements.count) else {
            fail(name, "must have \(count.lowerBound) to \(count.upperBound) elements")
            return nil
        }
        return elements
    }

    /// Reads an object. Its errors have the path of the object.
    mutating func object<Value>(
        _ name: String, isRequired: Bool = false, _ read: (inout FieldReader) throws -> Value?
    ) rethrows -> Value? {
        guard let value = member(name, isRequired) else { return nil }
        return try object(value, at: name, read)
    }

    /// - Parameter index: The index of the object in the array `name`.
    mutating func object<Value>(
        _ value: JSONSlice, at name: String, index: Int? = nil, _ read: (inout FieldReader) throws -> Value?
    ) rethrows -> Value? {
        guard value.kind == .object else {
            return wrongType(index.map { "\(name)[\($0)]" } ?? name, "an object")
        }
        var reader = FieldReader(value, at: Place(before: path, name: name, index: index))
        let result = try read(&reader)
        errors += reader.errors
        return result
    }

    /// A member that is present. Null means absent.
    mutating func member(_ name: String, _ isRequired: Bool) -> JSONSlice? {
        let member = object?.present(name)
        if member == nil, isRequired { fail(name, "is missing") }
        return member
    }

    /// All members that are present, sorted by name. Of members with the same name, the last.
    var byName: [(name: String, value: JSONSlice)] {
        object?.membersByName?.filter { $0.value.kind != .null } ?? []
    }

    mutating func wrongType<Value>(_ name: String, _ expected: String) -> Value? {
        fail(name, "must be \(expected)")
        return nil
    }
}
