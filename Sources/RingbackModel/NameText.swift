/// What the names of users and devices may consist of. The pattern of `DisplayName` in the OpenAPI document says the
/// same, except that it permits blank names.
package enum NameText {
    /// The first character of a name that nobody can see, so that two names would look alike; `nil` if there is none.
    ///
    /// Joiners, variation selectors and tags are part of how some scripts and emoji are written. They are permitted
    /// behind a character that they change. Characters that change the direction of text are permitted: clients isolate
    /// a name from the text around it, so that they end with the name.
    package static func invisible(in name: String) -> Unicode.Scalar? {
        var previous: UInt32 = 0
        for scalar in name.unicodeScalars {
            let value = scalar.value
            let isVisible =
                if joiners.contains(value) {
                    joined.has(previous) || selectors.has(previous)
                } else if selectors.has(value) {
                    selected.has(previous)
                } else if tags.contains(value) {
                    previous == flag || tags.contains(previous)
                } else {
                    !invisible.has(value)
                }
            guard isVisible else { return scalar }
            previous = value
        }
        return nil
    }

    /// Whether there is nothing to see in a name but space.
    package static func isBlank(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy {
            $0.properties.isWhitespace || directions.has($0.value) || joiners.contains($0.value)
        }
    }

    private static let directions: [ClosedRange<UInt32>] = [
        0x61C...0x61C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069,
    ]
    private static let flag: UInt32 = 0x1F3F4
    private static let joiners: ClosedRange<UInt32> = 0x200C...0x200D
    private static let tags: ClosedRange<UInt32> = 0xE0020...0xE007F
    private static let selectors: [ClosedRange<UInt32>] = [
        0x180B...0x180D, 0x180F...0x180F, 0xFE00...0xFE0F, 0xE0100...0xE01EF,
    ]
    /// What a joiner may follow: Hebrew to Mongolian, other scripts of Asia, symbols and emoji.
    private static let joined: [ClosedRange<UInt32>] = [
        0x0590...0x109F, 0x1780...0x17B3, 0x17B6...0x180A, 0x1810...0x18AF, 0x1A20...0x1AAF, 0x1B00...0x1BBF,
        0x2190...0x2BFF, 0xA800...0xABFF, 0xFB1D...0xFDFF,
        0x1F000...0x1FAFF,
    ]
    /// What a variation selector may follow: keys, symbols, Myanmar, Mongolian, ideographs and emoji.
    private static let selected: [ClosedRange<UInt32>] = [
        0x23...0x23, 0x2A...0x2A, 0x30...0x39, 0xA9...0xA9, 0xAE...0xAE, 0x1000...0x109F, 0x1820...0x18AF,
        0x203C...0x203C,
        0x2049...0x2049, 0x2122...0x2122, 0x2139...0x2139, 0x2190...0x2BFF, 0x3001...0x303F, 0x3297...0x3299,
        0x3400...0x9FFF,
        0xF900...0xFAFF, 0x1F000...0x1FAFF, 0x20000...0x3FFFF,
    ]
    private static let invisible: [ClosedRange<UInt32>] = [
        0xAD...0xAD, 0x34F...0x34F, 0x115F...0x1160, 0x17B4...0x17B5, 0x180E...0x180E, 0x200B...0x200B, 0x2028...0x2029,
        0x2060...0x2065, 0x206A...0x206F, 0x2800...0x2800, 0x3164...0x3164, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0,
        0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3,
        0x1D173...0x1D17A,
        0xE0000...0xE001F, 0xE0080...0xE00FF, 0xE01F0...0xE0FFF,
    ]
}

extension [ClosedRange<UInt32>] {
    fileprivate func has(_ value: UInt32) -> Bool { contains { $0.contains(value) } }
}
