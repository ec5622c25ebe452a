import Crypto
import Foundation

/// A STUN message (RFC 8489), as needed for a binding and a TURN allocation (RFC 8656).
struct STUNMessage {
    static let bindingRequest: UInt16 = 0x0001
    static let allocateRequest: UInt16 = 0x0003
    static let refreshRequest: UInt16 = 0x0004
    private static let cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]

    /// The types of attributes (RFC 8489, section 18.3; RFC 8656, section 18).
    enum Attribute: UInt16 {
        case username = 0x0006
        case messageIntegrity = 0x0008
        case errorCode = 0x0009
        case lifetime = 0x000D
        case xorRelayedAddress = 0x0016
        case realm = 0x0014
        case nonce = 0x0015
        case requestedTransport = 0x0019
        case xorMappedAddress = 0x0020
    }

    var type: UInt16
    var transaction: [UInt8]
    private(set) var attributes: [(type: UInt16, value: [UInt8])] = []

    init(_ type: UInt16) {
        self.type = type
        transaction = (0..<12).map { _ in UInt8.random(in: .min ... .max) }
    }

    /// - Returns: `nil` if `bytes` is not a STUN message of the length in its header.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= 20, bytes[0] & 0xC0 == 0, Array(bytes[4..<8]) == Self.cookie else { return nil }
        let length = Int(bytes[2]) << 8 | Int(bytes[3])
        guard bytes.count >= 20 + length else { return nil }
        type = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        transaction = Array(bytes[8..<20])
        var rest = bytes[20..<20 + length]
        while rest.count >= 4 {
            let start = rest.startIndex
            let count = Int(rest[start + 2]) << 8 | Int(rest[start + 3])
            guard rest.count >= 4 + count else { return nil }
            attributes.append(
                (UInt16(rest[start]) << 8 | UInt16(rest[start + 1]), Array(rest[start + 4..<start + 4 + count])))
            rest = rest.dropFirst(4 + (count + 3) / 4 * 4)
        }
    }

    /// Whether this is the success response to `request`.
    func isSuccess(of request: STUNMessage) -> Bool {
        transaction == request.transaction && type == request.type | 0x0100
    }

    /// Whether this is the error response to `request`.
    func isError(of request: STUNMessage) -> Bool {
        transaction == request.transaction && type == request.type | 0x0110
    }

    func value(_ attribute: Attribute) -> [UInt8]? { attributes.first { $0.type == attribute.rawValue }?.value }

    /// The code and reason of an error.
    var error: (code: Int, reason: String)? {
        guard let value = value(.errorCode), value.count >= 4 else { return nil }
        return (Int(value[2] & 7) * 100 + Int(value[3]), String(decoding: value[4...], as: UTF8.self))
    }

    mutating func add(_ attribute: Attribute, _ value: [UInt8]) { attributes.append((attribute.rawValue, value)) }

    /// The encoded message.
    ///
    /// - Parameter key: The key of long-term credentials, with which a MESSAGE-INTEGRITY attribute is appended.
    func bytes(key: [UInt8]? = nil) -> [UInt8] {
        var body: [UInt8] = []
        for (type, value) in attributes {
            body += [UInt8(type >> 8), UInt8(type & 255), UInt8(value.count >> 8), UInt8(value.count & 255)] + value
            body += [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        }
        guard let key else { return head(body.count) + body }
        // The signed length includes the signature (RFC 8489, section 14.5).
        let signed = head(body.count + 24) + body
        let signature = HMAC<Insecure.SHA1>.authenticationCode(for: signed, using: SymmetricKey(data: key))
        return signed + [0, UInt8(Attribute.messageIntegrity.rawValue), 0, 20] + Array(signature)
    }

    private func head(_ length: Int) -> [UInt8] {
        [UInt8(type >> 8), UInt8(type & 255), UInt8(length >> 8), UInt8(length & 255)] + Self.cookie + transaction
    }

    /// The key of long-term credentials (RFC 8489, section 9.2.2).
    static func longTermKey(username: String, realm: String, password: String) -> [UInt8] {
        Array(Insecure.MD5.hash(data: Data("\(username):\(realm):\(password)".utf8)))
    }
}
