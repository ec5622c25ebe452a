/// Random identifiers and tokens in the alphabet of base64url (RFC 4648, section 5).
package enum OpaqueText {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// The same characters sorted by code, so that texts sort like the numbers they encode.
    private static let ascending = alphabet.sorted()

    /// `count` random bytes of the system's generator, in base64url without padding.
    package static func random(bytes count: Int) -> String {
        // Each call of the generator is a system call, so it is asked for eight bytes at a time.
        var generator = SystemRandomNumberGenerator()
        let words = (0..<(count + 7) / 8).map { _ in generator.next() as UInt64 }
        return encode((0..<count).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) })
    }

    /// 22 characters: 7 that sort by the time in milliseconds (until 2109), and 90 random bits.
    package static func random(at moment: Timestamp) -> String {
        var generator = SystemRandomNumberGenerator()
        var text: [UInt8] = []
        text.reserveCapacity(22)
        func append(_ word: UInt64, characters: Int) {
            for place in (0..<characters).reversed() { text.append(ascending[Int(word >> UInt64(place * 6) & 63)]) }
        }
        append(UInt64(clamping: moment.milliseconds), characters: 7)
        append(generator.next(), characters: 7)
        append(generator.next(), characters: 8)
        return String(decoding: text, as: UTF8.self)
    }

    /// Base64url without padding.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(buffer >> UInt32(bits)) & 63])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(6 - bits)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether `text` is 8 to 64 characters of `[A-Za-z0-9_-]`.
    package static func isValid(_ text: String) -> Bool {
        guard (8...64).contains(text.utf8.count) else { return false }
        return text.readUTF8 { bytes in
            bytes.reduce(true) { isValid, byte in
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                return (isLetter || isDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")) && isValid
            }
        }
    }
}
