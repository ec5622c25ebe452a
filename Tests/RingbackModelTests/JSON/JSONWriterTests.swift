import Foundation
import RingbackModel
import Testing

struct JSONWriterTests {
    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        write(&json)
        return String(decoding: json.finish(), as: UTF8.self)
    }

    @Test(
        "What can't stand in a string is escaped",
        arguments: [
            ("", #""""#), ("abc", #""abc""#), ("\"\\/", #""\"\\/""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{0}\u{1}\u{8}\u{B}\u{C}\u{E}\u{1F}", #""\u0000\u0001\u0008\u000b\u000c\u000e\u001f""#),
            ("é€😀\u{7F}", "\"é€😀\u{7F}\""),
            ("</script>", #""</script>""#),
        ])
    func escapes(text: String, json: String) {
        #expect(written { $0.string(text) } == json)
    }

    @Test func `Every ASCII character is read back unchanged`() throws {
        for byte in UInt8(0)..<128 {
            let text = "a" + String(UnicodeScalar(byte)) + "b"
            let slice = try JSONSlice(parsing: Array(written { $0.string(text) }.utf8))
            #expect(slice.string == text, "\(byte)")
        }
    }

    @Test func `Commas stand between values and nowhere else`() {
        let json = written { json in
            json.object { json in
                json.field("a", 1)
                json.field("b", "x{")
                json.name("c")
                json.array([[1, 2], [], [3]]) { json, row in json.array(row) { $0.integer(Int64($1)) } }
                json.name("d")
                json.object { _ in }
                json.field("e", true)
                json.optionalField("f", nil as String?)
                json.optionalField("g", 7)
                json.member("h:")
                json.null()
                json.field("i", ":")
                json.raw(Array(#""j":1,"k":2"#.utf8))
                json.field("l", [Participant]())
            }
        }
        #expect(
            json == #"{"a":1,"b":"x{","c":[[1,2],[],[3]],"d":{},"e":true,"g":7,"h:":null,"i":":","j":1,"k":2,"l":[]}"#)
    }

    @Test(
        "Numbers are written so that they are read as the same",
        arguments: [0, 1, -1, 0.1, 1e21, 2.2250738585072014e-308, 1.7976931348623157e308, 123456.789] as [Double])
    func numbers(value: Double) throws {
        #expect(try JSONSlice(parsing: Array(written { $0.number(value) }.utf8)).number == value)
    }

    @Test func `A number that JSON can't represent is null`() {
        #expect(written { $0.number(.nan) } == "null")
        #expect(written { $0.number(-.infinity) } == "null")
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func `The largest and smallest integers are written in full`(value: Int64) {
        #expect(written { $0.integer(value) } == "\(value)")
    }

    @Test func `Valid JSON passes through Codable`() throws {
        let text = try JSONText(Array(#"{"a":[1,2.5,"x\n",null,true,{}],"b":{"c":-1}}"#.utf8))
        let data = try JSONEncoder().encode(["t": text])
        #expect(try JSONDecoder().decode([String: JSONText].self, from: data) == ["t": text])
    }
}
