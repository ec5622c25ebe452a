#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes JSON (RFC 8259) into a buffer of its own, without intermediate values.
///
/// Every value is preceded by a comma if one is due, so nesting needs no bookkeeping. The buffer is not an array
/// because every write to an array checks that it is uniquely referenced.
package struct JSONWriter: ~Copyable {
    // From malloc: `allocate(capacity:)` requests aligned memory, which costs twice as much with glibc and leaves gaps.
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// The number of bytes written.
    package private(set) var count = 0
    private var isCommaDue = false

    package init(reservingCapacity capacity: Int = 256) {
        memory = Self.memory(capacity, nil)
        self.capacity = capacity
    }

    deinit { free(memory) }

    /// Returns the text.
    package consuming func finish() -> [UInt8] { Array(UnsafeBufferPointer(start: memory, count: count)) }

    /// Calls `body` with the text, without copying it.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array(_ elements: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        elements(&self)
        close(UInt8(ascii: "]"))
    }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        open(UInt8(ascii: "["))
        for element in elements { write(&self, element) }
        close(UInt8(ascii: "]"))
    }

    package mutating func string(_ value: String) {
        value.readUTF8 { text in
            if Self.isPlain(text) { quote(text) } else { Self.escaped(text).withUnsafeBufferPointer { quote($0) } }
        }
    }

    package mutating func integer(_ value: Int64) {
        let digits = Self.digits(of: value.magnitude)
        let sign = value < 0 ? 1 : 0
        let place = room(sign + digits)
        if sign > 0 { place[0] = UInt8(ascii: "-") }
        Self.put(value.magnitude, digits: digits, at: place + sign)
    }

    /// Writes the string `identifier.number`. The identifier must need no escapes, and the number must not be negative.
    package mutating func string(_ identifier: String, _ number: Int64) {
        identifier.readUTF8 { identifier in
            let digits = Self.digits(of: UInt64(number))
            let place = room(identifier.count + digits + 3)
            place[0] = UInt8(ascii: "\"")
            Self.copy(identifier, to: place + 1)
            place[identifier.count + 1] = UInt8(ascii: ".")
            Self.put(UInt64(number), digits: digits, at: place + identifier.count + 2)
            place[identifier.count + digits + 2] = UInt8(ascii: "\"")
        }
    }

    private static func digits(of value: UInt64) -> Int {
        var (count, rest) = (1, value)
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    package mutating func number(_ value: Double) { raw(Array((value.isFinite ? "\(value)" : "null").utf8)) }

    package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func timestamp(_ value: Timestamp) { value.withUTF8 { quote($0) } }

    package mutating func null() { literal("null") }

    /// Writes JSON as it is: a value, or members (`"a":1,"b":2`).
    package mutating func raw(_ json: [UInt8]) {
        json.withUnsafeBufferPointer { Self.copy($0, to: room($0.count)) }
    }

    package mutating func name(_ name: StaticString) {
        let size = name.utf8CodeUnitCount
        let place = room(size + 3)
        place[0] = UInt8(ascii: "\"")
        (place + 1).initialize(from: name.utf8Start, count: size)
        place[size + 1] = UInt8(ascii: "\"")
        place[size + 2] = UInt8(ascii: ":")
        isCommaDue = false
    }

    /// Writes the colon after a name that was written as a string.
    package mutating func colon() {
        isCommaDue = false
        room(1)[0] = UInt8(ascii: ":")
        isCommaDue = false
    }

    // MARK: The memory

    private mutating func literal(_ text: StaticString) {
        room(text.utf8CodeUnitCount).initialize(from: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    private mutating func open(_ bracket: UInt8) {
        room(1)[0] = bracket
        isCommaDue = false
    }

    private mutating func close(_ bracket: UInt8) {
        isCommaDue = false
        room(1)[0] = bracket
    }

    /// Writes a string whose escapes have been resolved into the text already.
    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        let place = room(text.count + 2)
        place[0] = UInt8(ascii: "\"")
        Self.copy(text, to: place + 1)
        place[text.count + 1] = UInt8(ascii: "\"")
    }

    /// Writes a comma if one is due, and reserves `size` bytes after it.
    ///
    /// - Returns: The reserved bytes. The caller must initialize all of them before the next write.
    private mutating func room(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        if size >= capacity - count { grow(by: size + 1) }
        if isCommaDue {
            memory[count] = UInt8(ascii: ",")
            count += 1
        }
        isCommaDue = true
        defer { count += size }
        return memory + count
    }

    private mutating func grow(by size: Int) {
        capacity = max(2 * capacity, count + size)
        memory = Self.memory(capacity, memory)
    }

    /// - Parameter old: The memory to enlarge; `nil` to allocate.
    private static func memory(
        _ capacity: Int, _ old: UnsafeMutablePointer<UInt8>?
    ) -> UnsafeMutablePointer<UInt8> {
        guard let memory = realloc(old, capacity) else { fatalError("out of memory") }
        return memory.assumingMemoryBound(to: UInt8.self)
    }

    private static func copy(_ bytes: UnsafeBufferPointer<UInt8>, to place: UnsafeMutablePointer<UInt8>) {
        if let start = bytes.baseAddress { place.initialize(from: start, count: bytes.count) }
    }

    private static func put(_ value: UInt64, digits: Int, at place: UnsafeMutablePointer<UInt8>) {
        var rest = value
        for index in stride(from: digits - 1, through: 0, by: -1) {
            place[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Whether no byte needs an escape. Checks eight bytes at a time; the last eight may overlap the previous ones.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count >= 8 else {
            return text.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        }
        let bytes = UnsafeRawBufferPointer(text)
        func isPlain(at offset: Int) -> Bool {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            return JSONScanner.escapable(in: word) & 0x8080_8080_8080_8080 == 0
        }
        var index = 0
        while index <= text.count - 8 {
            guard isPlain(at: index) else { return false }
            index += 8
        }
        return isPlain(at: text.count - 8)
    }

    private static func escaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.count + 64)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): escaped += [UInt8(ascii: "\\"), byte]
            case 0x0A: escaped += #"\n"#.utf8
            case 0x0D: escaped += #"\r"#.utf8
            case 0x09: escaped += #"\t"#.utf8
            case 0..<0x20:
                escaped += #"\u00"#.utf8
                for digit in [byte >> 4, byte & 15] {
                    escaped.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                }
            default: escaped.append(byte)
            }
        }
        return escaped
    }
}

/// A value that writes its own JSON.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)

    /// An estimate of the length of the JSON in bytes, for the initial capacity of the buffer.
    var expectedSize: Int { get }
}

extension JSONWritable {
    package var expectedSize: Int { 256 }

    /// The value's JSON.
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: expectedSize)
        write(to: &writer)
        return writer.finish()
    }
}

extension JSONWriter {
    package mutating func field(_ name: StaticString, _ value: String) {
        self.name(name)
        string(value)
    }

    package mutating func field(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        self.name(name)
        integer(Int64(value))
    }

    package mutating func field(_ name: StaticString, _ value: Timestamp) {
        self.name(name)
        timestamp(value)
    }

    package mutating func field(_ name: StaticString, _ value: JSONText) {
        self.name(name)
        raw(value.utf8)
    }

    package mutating func field(_ name: StaticString, _ value: some JSONWritable) {
        self.name(name)
        value.write(to: &self)
    }

    package mutating func field(_ name: StaticString, _ values: [some JSONWritable]) {
        self.name(name)
        array(values) { $1.write(to: &$0) }
    }

    // Optional fields are left out when nil: a response never contains null.

    package mutating func optionalField(_ name: StaticString, _ value: String?) {
        if let value { field(name, value) }
    }

    package mutating func optionalField(_ name: StaticString, _ value: Int?) {
        if let value { field(name, value) }
    }

    package mutating func optionalField(_ name: StaticString, _ value: Timestamp?) {
        if let value { field(name, value) }
    }

    package mutating func optionalField(_ name: StaticString, _ value: JSONText?) {
        if let value { field(name, value) }
    }

    package mutating func optionalField(_ name: StaticString, _ value: (some JSONWritable)?) {
        if let value { field(name, value) }
    }
}
