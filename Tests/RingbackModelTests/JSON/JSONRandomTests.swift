import Foundation
import RingbackModel
import RingbackTesting
import Testing

/// Random JSON.
struct JSONRandomTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `Random bytes are refused or read, and never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"{}[]",:\u0123dDeE+-. tfn"#.utf8) + [0x00, 0x0A, 0x80, 0xC3, 0xA9, 0xED, 0xF0, 0xFF]
        for _ in 0..<4000 {
            let count = generator.number(below: 40)
            let bytes = (0..<count).map { _ in
                generator.oneIn(8) ? UInt8(truncatingIfNeeded: generator.next()) : generator.element(of: alphabet)
            }
            guard let slice = try? JSONSlice(parsing: bytes) else { continue }
            Self.readEverything(of: slice)
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `Truncated or modified JSON is refused or read, and never traps`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            var bytes = Array(Self.text(of: RandomJSON.value(&generator), &generator).utf8)
            switch generator.number(below: 3) {
            case 0: bytes.removeLast(generator.number(below: bytes.count))
            case 1: bytes.remove(at: generator.number(below: bytes.count))
            default: bytes[generator.number(below: bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
            }
            guard let slice = try? JSONSlice(parsing: bytes) else { continue }
            Self.readEverything(of: slice)
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `Random JSON with any white space and escapes is read correctly`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let value = RandomJSON.value(&generator)
            let text = Self.text(of: value, &generator)
            let slice = try JSONSlice(parsing: Array(text.utf8))
            try #require(RandomJSON(slice) == value, "seed \(seed): \(text)")
        }
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `Foundation reads random JSON the same way`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let text = Self.text(of: RandomJSON.value(&generator), &generator)
            let ours = try JSONSlice(parsing: Array(text.utf8)).canonicalJSON(excluding: [])
            let theirs = try JSONDecoder().decode(JSONText.self, from: Data("[\(text)]".utf8)).utf8
            try #require([UInt8(ascii: "[")] + (ours.isEmpty ? Array("{}".utf8) : ours) + [UInt8(ascii: "]")] == theirs)
        }
    }

    /// Reads every value of accepted JSON.
    private static func readEverything(of slice: JSONSlice) {
        _ = (slice.bool, slice.integer, slice.number, slice.string, slice.stringByteCount, slice.parameterText)
        _ = (slice.text, slice.canonicalJSON(excluding: ["a"]), slice["a"]?.kind)
        for element in slice.elements ?? [] { readEverything(of: element) }
        for member in slice.members ?? [] { readEverything(of: member.value) }
        if slice.kind == .array { #expect(slice.elements != nil) }
        if slice.kind == .object { #expect(slice.members != nil) }
        if slice.kind == .string { #expect(slice.string?.utf8.count == slice.stringByteCount) }
    }

    private static func text(of value: RandomJSON, _ generator: inout SeededGenerator) -> String {
        var text = ""
        value.write(to: &text, &generator)
        return text
    }
}

/// A random JSON value, independent of the code under test.
indirect enum RandomJSON: Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    case array([RandomJSON])
    case object([String: RandomJSON])

    static func value(_ generator: inout SeededGenerator, depth: Int = 0) -> RandomJSON {
        switch generator.number(below: depth > 4 ? 4 : 6) {
        case 0: .null
        case 1: .bool(generator.oneIn(2))
        case 2: .integer(generator.number(below: 2_000_001) - 1_000_000)
        case 3: .string(randomString(&generator))
        case 4: .array((0..<generator.number(below: 5)).map { _ in value(&generator, depth: depth + 1) })
        default:
            .object(
                Dictionary(
                    (0..<generator.number(below: 5)).map { _ in
                        (randomString(&generator), value(&generator, depth: depth + 1))
                    }
                ) { $1 })
        }
    }

    init(_ slice: JSONSlice) {
        switch slice.kind {
        case .null: self = .null
        case .bool: self = .bool(slice.bool == true)
        case .number: self = slice.integer.map { .integer($0) } ?? .null
        case .string: self = .string(slice.string ?? "")
        case .array: self = .array((slice.elements ?? []).map(RandomJSON.init))
        case .object: self = .object(Dictionary((slice.members ?? []).map { ($0.name, RandomJSON($0.value)) }) { $1 })
        }
    }

    func write(to text: inout String, _ generator: inout SeededGenerator) {
        func space() { if generator.oneIn(4) { text += generator.element(of: [" ", "\n", "\t", "\r", "  \n"]) } }
        space()
        switch self {
        case .null: text += "null"
        case .bool(let value): text += "\(value)"
        case .integer(let value): text += generator.oneIn(5) ? "\(value).0" : "\(value)"
        case .string(let value): Self.write(value, to: &text, &generator)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text, &generator)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                space()
                Self.write(member.key, to: &text, &generator)
                space()
                text += ":"
                member.value.write(to: &text, &generator)
            }
            text += "}"
        }
        space()
    }

    private static func write(_ string: String, to text: inout String, _ generator: inout SeededGenerator) {
        text += "\""
        for scalar in string.unicodeScalars {
            if scalar.value < 0x20 || scalar == "\"" || scalar == "\\" || generator.oneIn(6) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: generator.oneIn(2))
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private static func randomString(_ generator: inout SeededGenerator) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "b", "z", "\"", "\\", "/", "\n", "\u{0}", "é", "\u{7FF}", "\u{20AC}", "😀", "}", ",",
        ]
        return String(
            String.UnicodeScalarView((0..<generator.number(below: 8)).map { _ in generator.element(of: scalars) }))
    }
}
