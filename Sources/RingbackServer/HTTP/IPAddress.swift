import NIOCore

/// An IP address. IPv4 addresses are stored as the IPv6 address `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
package struct IPAddress: Hashable, Sendable {
    fileprivate let high: UInt64
    fileprivate let low: UInt64

    fileprivate init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// - Returns: `nil` if it is not the address of an IP connection.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address):
            // Behind the family and the port, in the network's order.
            let bits = withUnsafeBytes(of: address.address) { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
            self.init(v4: UInt32(bigEndian: bits))
        case .v6(let address):
            // Behind the flow label.
            let halves = withUnsafeBytes(of: address.address) { bytes in
                (
                    bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                )
            }
            self.init(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
        case .unixDomainSocket, nil: return nil
        }
    }

    private init(v4: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4)) }

    /// - Parameter text: `192.0.2.1` or `2001:db8::1`, an IPv6 address also in brackets.
    package init?(_ text: String) {
        let inner = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        guard let address = try? SocketAddress(ipAddress: inner, port: 0) else { return nil }
        self.init(address)
    }

    /// - Parameter bytes: 4 or 16, in the network's order.
    /// - Returns: `nil` for another number of bytes.
    init?(bytes: some Collection<UInt8>) {
        func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(v4: UInt32(number(bytes)))
        case 16: self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
        default: return nil
        }
    }

    fileprivate var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Identifies the subscriber.
    var text: String { "\(subscriber.high).\(subscriber.low)" }

    /// The address for limits per subscriber: the whole IPv4 address, or the first 64 bits of an IPv6 address.
    var subscriber: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0) }
}

/// Addresses with a common prefix: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
package struct AddressRange: Hashable, Sendable {
    private let first: IPAddress
    private let bits: Int

    /// - Returns: `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        let most = address.isIPv4 ? 32 : 128
        guard let length = parts.count == 2 ? Int(parts[1]) : most, (0...most).contains(length) else { return nil }
        bits = length + 128 - most
        first = Self.masked(address, bits)
    }

    package static let loopback = [AddressRange("127.0.0.0/8")!, AddressRange("::1")!]

    func contains(_ address: IPAddress) -> Bool { Self.masked(address, bits) == first }

    private static func masked(_ address: IPAddress, _ bits: Int) -> IPAddress {
        // A shift by 64 or more gives 0.
        IPAddress(
            high: address.high & ~(UInt64.max >> UInt64(min(bits, 64))),
            low: address.low & ~(UInt64.max >> UInt64(max(bits - 64, 0))))
    }
}
