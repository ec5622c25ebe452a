import Foundation

/// The encoding of RFC 4648, section 5, without padding, as RFC 7515 wants it.
enum Base64URL {
    /// - Returns: `nil` for other characters, for padding, and when bits behind the last byte are set.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var characters: [UInt8] = []
        characters.reserveCapacity(text.utf8.count + 3)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"): characters.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): characters.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: characters.append(byte)
            }
        }
        let padding = (4 - characters.count % 4) % 4
        guard padding < 3 else { return nil }
        characters += [UInt8](repeating: UInt8(ascii: "="), count: padding)
        guard let data = Data(base64Encoded: Data(characters)), [UInt8](data.base64EncodedData()) == characters else {
            return nil
        }
        return [UInt8](data)
    }
}
