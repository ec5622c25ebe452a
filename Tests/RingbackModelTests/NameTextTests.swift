import RingbackModel
import Testing

/// Which characters of a name can be seen.
struct NameTextTests {
    @Test(
        arguments: [
            "Vasya Pupkin", "Вася", "李雷", "שלום", "مریم", "\u{202E}evil", "\u{2067}x", "می\u{200C}خواهم", "क्\u{200D}ष",
            "👨\u{200D}👩\u{200D}👧", "❤\u{FE0F}\u{200D}🔥", "1\u{FE0F}\u{20E3}", "🏴\u{E0067}\u{E0062}\u{E007F}",
            "辻\u{E0100}", "e\u{301}", "ᬓ\u{1B44}\u{200C}ᬓ",
        ])
    func `Scripts and emoji are written with what they need`(name: String) {
        #expect(NameText.invisible(in: name) == nil)
    }

    @Test(
        arguments: [
            ("vas\u{200B}ya", 0x200B), ("vas\u{200C}ya", 0x200C), ("vas\u{200D}ya", 0x200D), ("\u{200D}vasya", 0x200D),
            ("\u{FEFF}vasya", 0xFEFF), ("va\u{2060}sya", 0x2060), ("va\u{AD}sya", 0xAD), ("a\u{FE0F}", 0xFE0F),
            ("Вася\u{200D}", 0x200D),
            ("李\u{200D}", 0x200D), ("👨\u{200D}\u{200D}👩", 0x200D), ("a\u{E0067}", 0xE0067), ("\u{3164}", 0x3164),
            ("x\u{E0001}", 0xE0001),
            ("❤\u{FE0F}\u{FE0F}", 0xFE0F), ("va\u{2028}sya", 0x2028), ("\u{2800}", 0x2800),
        ])
    func `What nobody sees is found`(name: String, value: UInt32) {
        #expect(NameText.invisible(in: name)?.value == value)
    }

    @Test(arguments: [
        (" ", true), ("\u{A0}\u{3000}", true), ("\u{202E}", true), (" \u{2067} ", true), ("\u{61C}\u{200D}", true),
        (" a ", false), (".", false),
    ])
    func `A name has something to see`(name: String, isBlank: Bool) {
        #expect(NameText.isBlank(name) == isBlank)
    }
}
