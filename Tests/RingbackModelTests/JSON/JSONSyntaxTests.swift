import RingbackModel
import RingbackTesting
import Testing

/// Valid and invalid JSON (RFC 8259), and the position of errors.
struct JSONSyntaxTests {
    @Test(
        "JSON is taken",
        arguments: [
            "null", "true", "false", "0", "-0", "7", "-7", "10", "1.5", "-0.25", "1e5", "1E+5", "1e-5", "0e0", "1.0e10",
            #""""#, #""a""#, #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\u00e9\u00E9""#, #""\ud83d\ude00""#,
            #""\uD83D\uDE00""#,
            "\"é ü 😀 \u{FFFF} \u{10FFFF} \u{7F}\"", "[]", "[ ]", "[1]", "[1,2]", " [ 1 , 2 ] ", "[[],[[]]]", "{}",
            "{ }",
            #"{"a":1}"#, #"{"a":1,"b":[{}]}"#, #"{"a":1,"a":2}"#, #"{"":""}"#, "\t\r\n {\"a\"\n:\r1\t}\n",
            "123456789012345678901234567890", "1e400", "-1e-400", "0.00000000000000000000000000000000001",
        ])
    func isTaken(text: String) throws {
        #expect(try JSONText(Array(text.utf8)).utf8 == Array(text.trimmed.utf8))
    }

    @Test func `A byte-order mark before the value is ignored`() throws {
        #expect(try JSONText(Array("\u{FEFF} {\"a\":1}".utf8)).utf8 == Array("{\"a\":1}".utf8))
    }

    @Test(
        "What is not JSON is refused with its place",
        arguments: [
            ("", 1, 1, "unexpected end"), ("  ", 1, 3, "unexpected end"), ("nul", 1, 4, "unexpected character"),
            ("nulL", 1, 4, "unexpected character"), ("True", 1, 1, "unexpected character"),
            ("NaN", 1, 1, "unexpected character"), ("'a'", 1, 1, "unexpected character"),
            ("-", 1, 2, "expected a digit"), ("+1", 1, 1, "unexpected character"), (".5", 1, 1, "unexpected character"),
            ("-.5", 1, 2, "expected a digit"), ("1.", 1, 3, "expected a digit"), ("1e", 1, 3, "expected a digit"),
            ("1e+", 1, 4, "expected a digit"), ("01", 1, 2, "unexpected text after the value"),
            ("1 2", 1, 3, "unexpected text after the value"), ("{} x", 1, 4, "unexpected text after the value"),
            ("[", 1, 2, "unexpected end"), ("[1", 1, 3, "expected ',' or ']'"), ("[1,", 1, 4, "unexpected end"),
            ("[1,]", 1, 4, "unexpected character"), ("[,1]", 1, 2, "unexpected character"),
            ("[1 2]", 1, 4, "expected ',' or ']'"), ("[1}", 1, 3, "expected ',' or ']'"),
            ("]", 1, 1, "unexpected character"),
            ("{", 1, 2, "expected a member's name"), ("{1:2}", 1, 2, "expected a member's name"),
            (#"{"a"}"#, 1, 5, "expected ':'"), (#"{"a" 1}"#, 1, 6, "expected ':'"),
            (#"{"a":}"#, 1, 6, "unexpected character"), (#"{"a":1,}"#, 1, 8, "expected a member's name"),
            (#"{"a":1 "b":2}"#, 1, 8, "expected ',' or '}'"), (#"{"a":1]"#, 1, 7, "expected ',' or '}'"),
            (#"{"a":1,,"b":2}"#, 1, 8, "expected a member's name"), (#"""#, 1, 2, "unexpected end in a string"),
            (#""a"#, 1, 3, "unexpected end in a string"), (#""a\"#, 1, 4, "unknown escape"),
            (#""\x""#, 1, 3, "unknown escape"), (#""\u12"#, 1, 6, "expected four hexadecimal digits"),
            (#""\u12g4""#, 1, 6, "expected four hexadecimal digits"),
            ("\"a\nb\"", 1, 3, "control character in a string"),
            ("\"a\u{0}b\"", 1, 3, "control character in a string"), ("\"\t\"", 1, 2, "control character in a string"),
            ("{\n  \"a\": 1,\n  \"b\": x\n}", 3, 8, "unexpected character"), ("\n\n\n]", 4, 1, "unexpected character"),
            ("[\"é\", x]", 1, 8, "unexpected character"), ("// a\n1", 1, 1, "unexpected character"),
            ("\u{FEFF}", 1, 4, "unexpected end"), ("\u{FEFF}\u{FEFF}1", 1, 4, "unexpected character"),
            ("1\u{FEFF}", 1, 2, "unexpected text after the value"), ("1\u{0}", 1, 2, "unexpected text after the value"),
        ])
    func isRefused(text: String, line: Int, column: Int, reason: String) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONText(Array(text.utf8)) }
        #expect(error.line == line && error.column == column && error.reason == reason, "\(error)")
        #expect(error.description == "\(reason) at line \(line), column \(column)")
    }

    @Test(
        "A surrogate without its other half is refused",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\ud83d\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\"#,
            #""\ude00\ud83d""#,
            #"{"\ud800":1}"#,
        ])
    func loneSurrogate(text: String) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONText(Array(text.utf8)) }
        #expect(error.reason == "lone surrogate")
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE1, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF1, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONText([0x22] + bytes + [0x22]) }
        #expect(error.reason == "not UTF-8")
    }

    @Test func `Every Unicode scalar but the control characters may stand in a string`() throws {
        for value in UInt32(0x20)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
            // Every one of the first plane, and every 97th beyond.
            guard value < 0x3000 || value % 97 == 0 || value & 0xFFFF > 0xFFFD else { continue }
            let slice = try JSONSlice(parsing: Array("\"\(scalar)\"".utf8))
            try #require(slice.string?.unicodeScalars.elementsEqual([scalar]) == true, "U+\(String(value, radix: 16))")
        }
    }

    @Test(
        "The depth is bounded",
        arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")])
    func depthIsBounded(open: String, close: String) throws {
        let levels = open.contains("[{") ? 2 : 1
        func nested(_ count: Int) -> [UInt8] {
            Array((String(repeating: open, count: count) + "1" + String(repeating: close, count: count)).utf8)
        }
        // The innermost value is a level of its own.
        let deepest = (Limits.jsonDepth - 1) / levels
        #expect(throws: Never.self) { try JSONText(nested(deepest)) }
        #expect(throws: JSONSyntaxError.self) { try JSONText(nested(deepest + 1)) }
        let endless = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONSyntaxError.self) { try JSONText(endless) }
    }

    @Test("The number of values and names is bounded", arguments: [("[", "1", "]", 1), ("{", #""a":1"#, "}", 2)])
    func numberIsBounded(open: String, element: String, close: String, each: Int) throws {
        func text(_ count: Int) -> [UInt8] {
            Array((open + Array(repeating: element, count: count).joined(separator: ",") + close).utf8)
        }
        // The array or object is a value of its own.
        let most = (Limits.jsonValues - 1) / each
        #expect(throws: Never.self) { try JSONText(text(most)) }
        let error = #expect(throws: JSONSyntaxError.self) { try JSONText(text(most + 1)) }
        #expect(error?.reason == "more than 10000 values and names")
    }
}

extension String {
    fileprivate var trimmed: Substring {
        let isSpace: (Character) -> Bool = { " \t\n\r\r\n".contains($0) }
        let start = drop(while: isSpace)
        return start.lastIndex { !isSpace($0) }.map { start[...$0] } ?? ""
    }
}
