import Foundation
import RingbackServer
import Testing
import Yams

/// That the served JSON equals the YAML according to an independent parser is tested end to end.
struct OpenAPIJSONTests {
    @Test(arguments: [
        ("a: 1\nb: -0.5\nc: 1e3", #"{"a":1,"b":-0.5,"c":1e3}"#),
        (
            "[true, false, null, '', yes, No, ~, 0x10, 012, .5, 1.]",
            #"[true,false,null,"","yes","No","~","0x10","012",".5","1."]"#
        ),
        ("'200': {'1': \"true\", \"2\": '3'}", #"{"200":{"1":"true","2":"3"}}"#),
        ("version: 0.1.0\ntime: 2026-01-31T09:30:00.125Z", #"{"version":"0.1.0","time":"2026-01-31T09:30:00.125Z"}"#),
        ("empty:\nlist: []\nmap: {}", #"{"empty":null,"list":[],"map":{}}"#),
        (
            "text: |\n  one\n  two\nfolded: >-\n  one\n  two\nseven: |-\n  7",
            #"{"text":"one\ntwo\n","folded":"one two","seven":"7"}"#
        ),
        (#"a: "x\r\n\u0007\" \\ é ☎️""#, #"{"a":"x\r\n\u0007\" \\ é ☎️"}"#),
        ("z: 1\na: 2\nm: [{y: 1, b: 2}]", #"{"z":1,"a":2,"m":[{"y":1,"b":2}]}"#),
        ("# nothing", "null"),
    ])
    func `YAML becomes JSON with its types and its order kept`(yaml: String, json: String) throws {
        #expect(String(decoding: try OpenAPIDocument.json(from: yaml), as: UTF8.self) == json)
    }

    @Test(arguments: ["a: 1\na: 2", "a: [1", "a: b: c", "a: *b"])
    func `text that is not YAML, or has a duplicate key, is an error`(yaml: String) {
        #expect(throws: YamlError.self) { try OpenAPIDocument.json(from: yaml) }
    }

    @Test func `the whole document becomes one JSON object`() throws {
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.json)) as? [String: Any])
        #expect(document["openapi"] as? String == "3.1.0")
        #expect((document["paths"] as? [String: Any])?.isEmpty == false)
    }
}
