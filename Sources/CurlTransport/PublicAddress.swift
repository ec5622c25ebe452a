#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Public addresses, according to the special-purpose registries (RFC 6890).
package enum PublicAddress {
    /// - Parameter bytes: 4 bytes of IPv4 or 16 of IPv6, in network order. Other lengths are not public.
    package static func contains(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4: isPublic4(bytes[...])
        case 16: isPublic6(bytes)
        default: false
        }
    }

    /// The address in a `sockaddr`; empty for other families than IPv4 and IPv6.
    static func bytes(of address: UnsafeRawPointer, family: Int32) -> [UInt8] {
        switch family {
        case AF_INET:
            withUnsafeBytes(of: address.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
        case AF_INET6:
            withUnsafeBytes(of: address.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
        default: []
        }
    }

    private static func isPublic4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return !reserved4.contains { address >> (32 - $0.bits) == $0.network >> (32 - $0.bits) }
    }

    private static let reserved4: [(network: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16),
        (0xAC10_0000, 12), (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16),
        (0xC612_0000, 15), (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 3),
    ]

    private static func isPublic6(_ bytes: [UInt8]) -> Bool {
        // Addresses that contain an IPv4 address: mapped, compatible, NAT64 (RFC 6052) and 6to4 (RFC 3056).
        if bytes[..<10].allSatisfy({ $0 == 0 }) {
            guard bytes[10...11].allSatisfy({ $0 == 0xFF }) else { return false }
            return isPublic4(bytes[12...])
        }
        if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B]) { return bytes[4] == 0 && isPublic4(bytes[12...]) }
        if bytes.starts(with: [0x20, 0x02]) { return isPublic4(bytes[2..<6]) }
        // Outside of global unicast there are unique local, link-local, site-local and multicast addresses.
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        // Teredo and other protocol assignments, and documentation addresses.
        return !(bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] < 2 || (bytes[2] == 0x0D && bytes[3] == 0xB8)))
    }
}
