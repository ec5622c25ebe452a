/// The header with which a proxy begins a connection to say whose it is (the PROXY protocol of HAProxy, versions 1 and
/// 2).
enum ProxyProtocolHeader: Equatable {
    /// More bytes are needed.
    case incomplete
    /// The connection does not begin with a header.
    case invalid
    /// - Parameters:
    ///   - address: The client; `nil` if the connection is the proxy's own, or not over IP.
    ///   - length: The number of bytes of the header.
    case complete(address: IPAddress?, length: Int)

    /// The longest header that is accepted: the addresses, and some extensions.
    static let maximumBytes = 536

    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    init(parsing bytes: some RandomAccessCollection<UInt8>) {
        let bytes = Array(bytes.prefix(Self.maximumBytes))
        if bytes.starts(with: Self.signature) {
            self = Self.version2(bytes)
        } else if bytes.starts(with: "PROXY ".utf8) {
            self = Self.version1(bytes)
        } else {
            // Either may still come.
            let mayFollow = Self.signature.starts(with: bytes) || "PROXY ".utf8.starts(with: bytes)
            self = mayFollow ? .incomplete : .invalid
        }
    }

    /// A line of at most 107 bytes: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`.
    private static func version1(_ bytes: [UInt8]) -> ProxyProtocolHeader {
        guard let end = bytes.prefix(107).firstIndex(of: 0x0A) else {
            return bytes.count < 107 ? .incomplete : .invalid
        }
        guard end > 0, bytes[end - 1] == 0x0D else { return .invalid }
        let parts = String(decoding: bytes[..<(end - 1)], as: UTF8.self).split(separator: " ")
        guard parts.count >= 2 else { return .invalid }
        if parts[1] == "UNKNOWN" { return .complete(address: nil, length: end + 1) }
        guard parts.count == 6, ["TCP4", "TCP6"].contains(parts[1]), let address = IPAddress(String(parts[2])) else {
            return .invalid
        }
        return .complete(address: address, length: end + 1)
    }

    private static func version2(_ bytes: [UInt8]) -> ProxyProtocolHeader {
        guard bytes.count >= 16 else { return .incomplete }
        let (command, family) = (bytes[12], bytes[13] >> 4)
        let length = 16 + Int(bytes[14]) << 8 + Int(bytes[15])
        guard command >> 4 == 2, command & 0x0F <= 1, length <= maximumBytes else { return .invalid }
        guard bytes.count >= length else { return .incomplete }
        if command & 0x0F == 0 { return .complete(address: nil, length: length) }
        switch family {
        case 1:
            guard length >= 16 + 12 else { return .invalid }
            return .complete(address: IPAddress(bytes: bytes[16..<20]), length: length)
        case 2:
            guard length >= 16 + 36 else { return .invalid }
            return .complete(address: IPAddress(bytes: bytes[16..<32]), length: length)
        default: return .complete(address: nil, length: length)
        }
    }
}
