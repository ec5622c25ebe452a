import RingbackModel
import Testing

/// Finding values in valid JSON.
struct JSONSliceTests {
    private func slice(_ text: String) throws -> JSONSlice { try JSONSlice(parsing: Array(text.utf8)) }

    @Test(
        "A value knows what it is",
        arguments: [
            ("{}", .object), ("[]", .array), (#""""#, .string), ("-1", .number), ("0", .number), ("true", .bool),
            ("false", .bool), (" null ", .null),
        ] as [(String, JSONSlice.Kind)])
    func kind(text: String, kind: JSONSlice.Kind) throws {
        let slice = try slice(text)
        #expect(slice.kind == kind)
        #expect((slice.members != nil) == (kind == .object))
        #expect((slice.elements != nil) == (kind == .array))
        #expect((slice.string != nil) == (kind == .string))
        #expect((slice.bool != nil) == (kind == .bool))
        #expect((slice.number != nil) == (kind == .number))
    }

    @Test(
        "Escapes are resolved",
        arguments: [
            (#""""#, ""), (#""abc""#, "abc"), (#""\"\\\/""#, "\"\\/"), (#""\b\f\n\r\t""#, "\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\ud83d\ude00!""#, "😀!"),
            (#""\uD800\uDC00\udbff\udfff""#, "\u{10000}\u{10FFFF}"),
            (#""a\u0000b""#, "a\u{0}b"), (#""\\u0041""#, #"\u0041"#), (#""\\\"\\""#, #"\"\"#), (#""é\né""#, "é\né"),
            (#""\ufffd\uFFFF""#, "\u{FFFD}\u{FFFF}"),
        ])
    func escapes(text: String, content: String) throws {
        let slice = try slice(text)
        #expect(slice.string.map { Array($0.utf8) } == Array(content.utf8))
        #expect(slice.stringByteCount == content.utf8.count)
        #expect(slice.parameterText == content)
    }

    @Test(
        "Whole numbers are integers however they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("1.0", 1), ("1e2", 100), ("1.5e1", 15), ("-2E+3", -2000),
            ("9007199254740992", 9_007_199_254_740_992), ("1.5", nil), ("1e-1", nil), ("1e300", nil), ("1e400", nil),
            ("-1e400", nil), ("9223372036854775808", nil), ("123456789012345678901234567890", nil), (#""1""#, nil),
            ("true", nil),
        ] as [(String, Int?)])
    func integers(text: String, value: Int?) throws {
        #expect(try slice(text).integer == value)
    }

    @Test func `Every element of every array is found`() throws {
        let slice = try slice(#" [ 1 , "a,]" , [ 2 , [ ] ] , { "b" : "]" } , true , null ,-5e1]"#)
        let elements = try #require(slice.elements)
        #expect(
            elements.map { String(decoding: $0.text.utf8, as: UTF8.self) } == [
                "1", #""a,]""#, "[ 2 , [ ] ]", #"{ "b" : "]" }"#, "true", "null", "-5e1",
            ])
        #expect(elements[2].elements?.count == 2)
        #expect(elements[2].elements?[1].elements?.isEmpty == true)
        #expect(elements[3]["b"]?.string == "]")
    }

    @Test func `Every member of every object is found`() throws {
        let slice = try slice(
            #"{"a":1, "b\u0022:{" : {"c":{"d":[{"e":"}"}]}} ,"":"" , "a\\" : [ ] }"#)
        let members = try #require(slice.members)
        #expect(members.map(\.name) == ["a", #"b":{"#, "", #"a\"#])
        #expect(slice[#"b":{"#]?["c"]?["d"]?.elements?.first?["e"]?.string == "}")
        #expect(slice["a"]?.integer == 1)
        #expect(slice[""]?.string == "")
        #expect(slice["missing"] == nil)
        #expect(slice["a"]?["b"] == nil, "a number has no members")
        #expect(members.last?.value.elements?.isEmpty == true)
    }

    @Test func `Of members with one name the last counts, however the name is written`() throws {
        #expect(try slice(#"{"a":1,"\u0061":2}"#)["a"]?.integer == 2)
        #expect(try slice(#"{"\u0061":2,"a":1,"b":3}"#)["a"]?.integer == 1)
    }

    @Test func `The text of a value is its own bytes, unchanged`() throws {
        let text = #"{"sdp": "v=0\r\no=- 1 \u0041é"  , "type":"offer" }"#
        let slice = try slice("\n \(text)\t")
        #expect(slice.text.utf8 == Array(text.utf8))
        #expect(slice.count == text.utf8.count)
        #expect(slice["sdp"].map { String(decoding: $0.text.utf8, as: UTF8.self) } == #""v=0\r\no=- 1 \u0041é""#)
    }

    @Test(
        "Texts that mean the same have the same canonical form",
        arguments: [
            (#"{"b":1,"a":2}"#, #" { "a" : 2.0, "b" : 1 } "#, #"{"a":2,"b":1}"#),
            (#"{"a":"\u0041\n"}"#, "{\"a\":\"A\\u000a\"}", #"{"a":"A\n"}"#),
            (#"{"a":{"d":1,"c":[1,2]}}"#, #"{"a":{"c":[1,2],"d":1}}"#, #"{"a":{"c":[1,2],"d":1}}"#),
            (#"{"a":1,"a":3}"#, #"{"a":3}"#, #"{"a":3}"#),
            ("{}", "  { } ", ""), ("[1 ,2]", "[1,2]", "[1,2]"), ("1e2", "100", "100"), ("1.50", "1.5", "1.5"),
        ])
    func canonical(one: String, other: String, canonical: String) throws {
        #expect(try slice(one).canonicalJSON(excluding: []) == Array(canonical.utf8))
        #expect(try slice(other).canonicalJSON(excluding: []) == Array(canonical.utf8))
    }

    @Test func `Texts with another meaning have another canonical form`() throws {
        let texts = [
            #"{"a":1}"#, #"{"a":"1"}"#, #"{"a":true}"#, #"{"a":null}"#, #"{"a":[1]}"#, #"{"a":[]}"#, #"{"b":1}"#, "[]",
            #"{"a":1.5}"#, #"{"a":[1,2]}"#, #"{"a":[2,1]}"#, "{}",
        ]
        let forms = try Set(texts.map { try slice($0).canonicalJSON(excluding: []) })
        #expect(forms.count == texts.count)
    }

    @Test func `Names and contents are compared by their bytes, as RFC 8259 has it`() throws {
        // A precomposed é, and an e with a combining accent.
        let (one, two) = ("\u{E9}", "e\u{301}")
        #expect(one == two)
        let slice = try slice(#"{"\#(one)":1,"\#(two)":2,"\u0061\u0301":"\u00e9"}"#)
        #expect(slice[one]?.integer == 1)
        #expect(slice[two]?.integer == 2)
        let escaped = try #require(slice["a\u{301}"])
        #expect(slice["\u{E1}"] == nil)
        #expect(escaped.isString(one) && !escaped.isString(two))
        #expect(try !self.slice("1").isString("1"))
        #expect(slice.membersByName?.map(\.name.utf8.count) == [3, 3, 2])
        let canonical = #"{"a\#("\u{301}")":"\#(one)","\#(two)":2,"\#(one)":1}"#
        #expect(slice.canonicalJSON(excluding: []) == Array(canonical.utf8))
        #expect(try self.slice(#"{"\#(one)":1}"#).canonicalJSON(excluding: [two]) != [])
    }

    @Test func `Excluded members are left out of the canonical form, at the top alone`() throws {
        let slice = try slice(#"{"token":"t","a":{"token":"u"}}"#)
        #expect(slice.canonicalJSON(excluding: ["token"]) == Array(#"{"a":{"token":"u"}}"#.utf8))
        #expect(slice.canonicalJSON(excluding: ["token", "a"]) == [])
    }
}
