import RingbackTesting
import Testing

@testable import RingbackServer

struct ForwardedAddressesTests {
    /// 10.0.0.0/8 are proxies.
    private func client(forwarded field: String) -> IPAddress? {
        ForwardedAddresses.client(forwarded: field) { AddressRange("10.0.0.0/8")!.contains($0) }
    }

    private func client(forwardedFor field: String) -> IPAddress? {
        ForwardedAddresses.client(forwardedFor: field) { AddressRange("10.0.0.0/8")!.contains($0) }
    }

    @Test(
        arguments: [
            ("for=192.0.2.60", "192.0.2.60"), ("For=\"[2001:db8::17]:4711\"", "2001:db8::17"),
            ("for=192.0.2.43, for=198.51.100.17;by=203.0.113.60;proto=http", "198.51.100.17"),
            ("for=192.0.2.43, for=10.0.0.1,for=\"10.0.0.2:80\"", "192.0.2.43"), ("for=192.0.2.43,, ,", "192.0.2.43"),
            ("proto=https; for=192.0.2.43:47011 ;host=a", "192.0.2.43"), ("for=192.0.2.43, for=unknown", nil),
            ("for=192.0.2.43, for=_hidden, for=10.0.0.1", nil), ("for=10.0.0.1", nil), ("proto=https", nil), ("", nil),
            ("for=", nil), ("for=\"", nil), ("for=[::1", nil), (",,", nil),
        ] as [(String, String?)])
    func `Forwarded has the client before the proxies`(field: String, expected: String?) {
        #expect(client(forwarded: field) == expected.flatMap { IPAddress($0) })
    }

    /// `Forwarded: =` ended the process.
    @Test(arguments: [
        "=", "==", "=;=", ";", ";;", "=for", "= for=1", "for", "for==", "for=;", "for= ", "for=\"\"", "for=[]", "for=]",
        "for=[", "for=:", "for=:::", "for=\":\"", " = , = ", "\t=\t", "for=\u{301}", "\u{301}=1", "for=[\u{301}]",
    ])
    func `A field that can't be one has no client`(field: String) {
        #expect(client(forwarded: field) == nil && client(forwardedFor: field) == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `Any field is read or ignored`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = ["for", "=", ";", ",", "\"", "[", "]", ":", "10.0.0.1", "::1", " ", "\t", "\u{301}", "é", "by"]
        for _ in 0..<500 {
            let field = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            _ = (client(forwarded: field), client(forwardedFor: field))
            #expect(client(forwarded: field + ", for=192.0.2.1, for=10.0.0.1") == IPAddress("192.0.2.1"))
            #expect(client(forwardedFor: field + ",192.0.2.1, 10.0.0.1") == IPAddress("192.0.2.1"))
        }
    }

    @Test(arguments: [("192.0.2.1", 31, true), ("192.0.2.1", 32, false), ("x", 3, false)])
    func `At most 32 proxies are looked behind`(first: String, proxies: Int, isFound: Bool) {
        let field = ([first] + Array(repeating: "10.0.0.1", count: proxies)).joined(separator: ", ")
        #expect((client(forwardedFor: field) == IPAddress("192.0.2.1")) == isFound)
        #expect(client(forwardedFor: "\t192.0.2.1 ") == IPAddress("192.0.2.1"))
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
