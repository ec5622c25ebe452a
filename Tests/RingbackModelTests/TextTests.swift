import RingbackModel
import Testing

/// Comparing text of clients by its bytes.
struct TextTests {
    @Test func `Texts are compared by bytes, not by canonical equivalence`() {
        #expect("\u{E9}".hasSameBytes(as: "\u{E9}"))
        #expect(!"\u{E9}".hasSameBytes(as: "e\u{301}"))
        #expect("".hasSameBytes(as: ""))
    }

    @Test(arguments: ["close", "Close", "CLOSE", "cLoSe"])
    func `A token is recognized in any case`(text: String) {
        #expect(text.isCase(of: "close"))
        #expect("x\(text)".dropFirst().isCase(of: "close"))
        #expect(!(text + " ").isCase(of: "close"))
    }

    @Test func `Only letters have a case`() {
        // These differ from what is asked for in the bit of the case alone.
        #expect(!"\u{0}/*".isCase(of: " /*"))
        #expect(!"\u{212A}eep".isCase(of: "keep"))
    }

    @Test func `ASCII ends at 7F`() {
        #expect("\u{0}a\u{7F}".isASCII)
        #expect("".isASCII)
        #expect(!"a\u{80}".isASCII)
    }
}
