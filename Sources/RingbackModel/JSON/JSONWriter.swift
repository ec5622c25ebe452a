/// Writes JSON (RFC 8259) into one buffer, without intermediate values.
///
/// Commas are placed by looking at the last byte, so a writer is only a buffer and nesting needs no bookkeeping.
package struct JSONWriter: Sendable {
    package private(set) var utf8: [UInt8] = []

    package init(reservingCapacity capacity: Int = 256) { utf8.reserveCapacity(capacity) }

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        utf8.append(UInt8(ascii: "{"))
        members(&self)
        utf8.append(UInt8(ascii: "}"))
    }

    package mutating func array(_ elements: (inout JSONWriter) -> Void) {
        separate()
        utf8.append(UInt8(ascii: "["))
        elements(&self)
        utf8.append(UInt8(ascii: "]"))
    }

    package mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        separate()
        utf8.append(UInt8(ascii: "["))
        for element in elements { write(&self, element) }
        utf8.append(UInt8(ascii: "]"))
    }

    package mutating func string(_ value: String) {
        separate()
        utf8.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            if text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                utf8.append(contentsOf: text)
            } else {
                for byte in text { escape(byte) }
            }
        }
        utf8.append(UInt8(ascii: "\""))
    }

    package mutating func integer(_ value: Int64) {
        separate()
        if value < 0 { utf8.append(UInt8(ascii: "-")) }
        let start = utf8.count
        var rest = value.magnitude
        repeat {
            utf8.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        utf8[start...].reverse()
    }

    package mutating func number(_ value: Double) {
        separate()
        utf8.append(contentsOf: value.isFinite ? Array("\(value)".utf8) : Array("null".utf8))
    }

    package mutating func bool(_ value: Bool) {
        separate()
        utf8.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    package mutating func timestamp(_ value: Timestamp) {
        separate()
        utf8.append(UInt8(ascii: "\""))
        value.withUTF8 { utf8.append(contentsOf: $0) }
        utf8.append(UInt8(ascii: "\""))
    }

    package mutating func null() {
        separate()
        utf8.append(contentsOf: "null".utf8)
    }

    /// A value, or members (`"a":1,"b":2`), that are JSON already.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        utf8.append(contentsOf: json)
    }

    package mutating func name(_ name: StaticString) {
        separate()
        utf8.append(UInt8(ascii: "\""))
        utf8.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        utf8.append(UInt8(ascii: "\""))
        utf8.append(UInt8(ascii: ":"))
    }

    package mutating func colon() { utf8.append(UInt8(ascii: ":")) }

    private mutating func separate() {
        switch utf8.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: utf8.append(UInt8(ascii: ","))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            utf8.append(UInt8(ascii: "\\"))
            utf8.append(byte)
        case 0x0A: utf8.append(contentsOf: #"\n"#.utf8)
        case 0x0D: utf8.append(contentsOf: #"\r"#.utf8)
        case 0x09: utf8.append(contentsOf: #"\t"#.utf8)
        case 0..<0x20:
            utf8.append(contentsOf: #"\u00"#.utf8)
            for digit in [byte >> 4, byte & 15] {
                utf8.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: utf8.append(byte)
        }
    }
}

/// A value that writes its own JSON.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

extension JSONWritable {
    /// The value's JSON.
    package var json: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.utf8
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

    // What is nil is left out: on the wire a field may be absent, never null.

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
