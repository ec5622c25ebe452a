import Foundation
import RingbackModel
import Testing

struct IdentifierTests {
    @Test(
        "Users' names are 1 to 64 characters of [A-Za-z0-9._~@-]",
        arguments: [
            ("a", true), ("Vasya", true), ("vasya@example.org", true), ("a.b_c~d-9", true), ("..", true), ("-", true),
            (String(repeating: "x", count: 64), true), (String(repeating: "x", count: 65), false), ("", false),
            ("a b", false), ("a/b", false), ("a+b", false), ("a%20", false), ("é", false), ("е", false), ("a\n", false),
            ("a\u{0}", false), ("😀", false), ("a:b", false), ("a'b", false), ("\u{212A}", false),
            (String(repeating: "é", count: 32), false),
        ])
    func users(text: String, isValid: Bool) throws {
        #expect((UserID(text)?.rawValue == text) == isValid)
        let data = try JSONEncoder().encode([text])
        #expect(((try? JSONDecoder().decode([UserID].self, from: data))?.first?.rawValue == text) == isValid)
    }

    @Test(
        "Devices and calls are 8 to 64 characters of [A-Za-z0-9_-]",
        arguments: [
            ("12345678", true), ("abcdEFGH-_09", true), (String(repeating: "x", count: 64), true), ("1234567", false),
            (String(repeating: "x", count: 65), false), ("", false), ("abcdefg.", false), ("abcdefg/", false),
            ("abcdefg~", false), ("abcdefg ", false), ("abcdefgé", false), ("abcdefg=", false), ("abcdefgh\n", false),
        ])
    func devicesAndCalls(text: String, isValid: Bool) throws {
        #expect((DeviceID(text)?.rawValue == text) == isValid)
        #expect((CallID(text)?.rawValue == text) == isValid)
        let data = try JSONEncoder().encode([text])
        #expect(((try? JSONDecoder().decode([DeviceID].self, from: data))?.first?.rawValue == text) == isValid)
        #expect(((try? JSONDecoder().decode([CallID].self, from: data))?.first?.rawValue == text) == isValid)
    }

    @Test func `The error names the text that can't be decoded`() throws {
        let error = #expect(throws: InvalidIdentifier.self) {
            try JSONDecoder().decode([UserID].self, from: Data(#"["a b"]"#.utf8))
        }
        #expect(error?.text == "a b")
    }

    @Test(arguments: [("", true), ("va", true), ("va ", false), (String(repeating: "x", count: 65), false)])
    func `A prefix could begin a name`(prefix: String, isPrefix: Bool) {
        #expect(UserID.isPrefix(prefix) == isPrefix)
    }

    @Test func `New identifiers are valid, of one length and never the same`() {
        let devices = Set((0..<1000).map { _ in DeviceID.random().rawValue })
        let calls = Set((0..<1000).map { _ in CallID.random(at: Timestamp(milliseconds: 1)).rawValue })
        #expect(devices.count == 1000 && calls.count == 1000)
        for id in devices.union(calls) { #expect(OpaqueText.isValid(id) && id.utf8.count == 22) }
    }

    @Test(arguments: [(0, 1), (63, 64), (4095, 4096), (1_800_000_000_000, 1_800_000_000_001), (1, 1 << 41)])
    func `The identifier of a later call sorts after`(earlier: Int64, later: Int64) {
        let first = CallID.random(at: Timestamp(milliseconds: earlier))
        let second = CallID.random(at: Timestamp(milliseconds: later))
        #expect(first.rawValue.utf8.lexicographicallyPrecedes(second.rawValue.utf8))
    }

    @Test(
        "Base64url is as in RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64url(text: String, encoded: String) {
        #expect(OpaqueText.encode(Array(text.utf8)) == encoded)
    }

    @Test func `Base64url uses - and _`() {
        #expect(OpaqueText.encode([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(OpaqueText.encode([0xFF, 0xFF, 0xFE]) == "___-")
    }
}
