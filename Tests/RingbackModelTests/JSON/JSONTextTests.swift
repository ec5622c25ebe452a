import Testing

@testable import RingbackModel

struct JSONTextTests {
    @Test(arguments: [
        #""""#, #""a""#, #""\"""#, #""\\""#, #""1234567""#, #""12345678""#, #""123456\"8""#, #""1234567\\""#,
        #""12345678\"0\\\"""#, "\"\u{E9}\u{E9}\u{E9}\u{E9}\u{E9}\"", #""{\r\n\"candidate\":\"x y\"}0123456789""#,
    ])
    func `A string ends at its own quote, at any position`(string: String) {
        for before in ["", " ", "[1,2,3,"] {
            for after in ["", "\"", ",\"candidate:1 1 udp\"]"] {
                let json = Array((before + string + after).utf8)
                let end = json.withUnsafeBytes { JSONText.endOfString(in: $0, from: before.utf8.count) }
                #expect(end == before.utf8.count + string.utf8.count)
            }
        }
    }
}
