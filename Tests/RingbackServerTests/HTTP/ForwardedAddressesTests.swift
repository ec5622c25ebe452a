import Testing

@testable import RingbackServer

struct ForwardedAddressesTests {
    @Test(
        arguments: [
            ("for=192.0.2.60", ["192.0.2.60"]), ("For=\"[2001:db8::17]:4711\"", ["2001:db8::17"]),
            ("for=192.0.2.43, for=198.51.100.17;by=203.0.113.60;proto=http", ["192.0.2.43", "198.51.100.17"]),
            ("proto=https; for=192.0.2.43:47011 ;host=a", ["192.0.2.43"]), ("for=unknown, for=_hidden", [nil, nil]),
            ("proto=https", [nil]), ("", [nil]), ("for=", [nil]), ("for=\"", [nil]), ("for=[::1", [nil]),
            (",,", [nil, nil, nil]),
        ] as [(String, [String?])])
    func `Forwarded has an address for each proxy`(field: String, expected: [String?]) {
        #expect(ForwardedAddresses.forwarded(field) == expected.map { $0.flatMap { IPAddress($0) } })
    }
}

struct ProxyProtocolHeaderTests {
    private func header(_ text: String) -> ProxyProtocolHeader { ProxyProtocolHeader(parsing: Array(text.utf8)) }

    private static let signature: [UInt8] = Array("\r\n\r\n\0\r\nQUIT\n".utf8)

    @Test func `Version 1 is a line`() {
        let line = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"
        #expect(header(line + "GET /") == .complete(address: IPAddress("192.0.2.1"), length: line.utf8.count))
        #expect(
            header("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n")
                == .complete(address: IPAddress("2001:db8::1"), length: 46))
        #expect(header("PROXY UNKNOWN\r\n") == .complete(address: nil, length: 15))
        for end in 0..<line.utf8.count {
            #expect(ProxyProtocolHeader(parsing: Array(line.utf8.prefix(end))) == .incomplete)
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "PROXY \r\n", "PROXY TCP4 a b 1 2\r\n", "PROXY TCP4 192.0.2.1 1 2\r\n", "PROXY TCP4\n",
        "PROXY " + String(repeating: "x", count: 200), "proxy TCP4 ", "\r\n\r\nGET",
    ])
    func `Anything else is no header`(text: String) { #expect(header(text) == .invalid) }

    @Test func `Version 2 is binary, with extensions behind the addresses`() {
        let v4 = Self.signature + [0x21, 0x11, 0, 15, 192, 0, 2, 1, 198, 51, 100, 1, 1, 2, 3, 4, 9, 9, 9]
        #expect(ProxyProtocolHeader(parsing: v4) == .complete(address: IPAddress("192.0.2.1"), length: 31))
        let v6 =
            Self.signature + [0x21, 0x21, 0, 36, 0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
            + [UInt8](repeating: 0, count: 20)
        #expect(ProxyProtocolHeader(parsing: v6) == .complete(address: IPAddress("2001:db8::1"), length: 52))
        #expect(
            ProxyProtocolHeader(parsing: Self.signature + [0x20, 0, 0, 0]) == .complete(address: nil, length: 16))
        for end in 0..<v4.count { #expect(ProxyProtocolHeader(parsing: v4.prefix(end)) == .incomplete) }
    }

    @Test(
        arguments: [[0x11, 0x11, 0, 12], [0x22, 0x11, 0, 12], [0x21, 0x11, 0, 11], [0x21, 0x11, 0xFF, 0xFF]]
            as [[UInt8]])
    func `A header of version 2 that can't be is refused`(head: [UInt8]) {
        let bytes = Self.signature + head + [UInt8](repeating: 0, count: 40)
        #expect(ProxyProtocolHeader(parsing: bytes) == .invalid)
    }
}
