import Testing

@testable import RingbackServer

/// The path prefix of a proxy, and trusted proxies.
struct BasePathTests {
    @Test(
        arguments: [
            ("", ""), ("/", ""), ("/ringback", "/ringback"), ("/ringback/", "/ringback"),
            ("/a/b-c_d.e~1", "/a/b-c_d.e~1"),
            ("ringback", nil), ("/a//b", nil), ("//a", nil), ("/a/../b", nil), ("/.", nil), ("/a b", nil),
            ("/a?b", nil),
            ("https://a", nil), ("/%61", nil), ("/é", nil), ("/" + String(repeating: "a", count: 200), nil),
        ] as [(String, String?)]) func `A base path consists of plain segments`(text: String, expected: String?)
    {
        #expect(BasePath(text)?.text == expected)
    }

    @Test(arguments: [
        ("/ringback/v1/calls", "/v1/calls"), ("/ringback/", "/"), ("/ringback", "/ringback"),
        ("/v1/calls", "/v1/calls"),
        ("/ringbacks/v1", "/ringbacks/v1"),
    ]) func `A proxy may leave the base path in the path, or remove it`(path: String, expected: String) throws {
        #expect(try #require(BasePath("/ringback")).stripped(from: path[...]) == expected[...])
        #expect(BasePath.root.stripped(from: path[...]) == path[...])
    }

    @Test(arguments: [
        ("127.0.0.0/8", "127.0.0.1", true), ("127.0.0.0/8", "128.0.0.1", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("10.1.2.3/31", "10.1.2.2", true), ("0.0.0.0/0", "203.0.113.7", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "203.0.113.7", true), ("::1", "::1", true),
        ("2001:db8::/32", "2001:db8:1::5", true), ("2001:db8::/32", "2001:db9::5", false),
        ("2001:db8::1/127", "2001:db8::", true), ("127.0.0.1", "::ffff:127.0.0.1", true),
        ("[::1]", "::1", true),
    ]) func `A range has the addresses with its prefix`(range: String, address: String, isInside: Bool) throws {
        let (range, address) = (try #require(AddressRange(range)), try #require(IPAddress(address)))
        #expect(range.contains(address) == isInside)
    }

    @Test(arguments: ["", "a", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "10.0.0.0/8/8", "10.0.0", "/8"])
    func `Anything else is not a range`(text: String) { #expect(AddressRange(text) == nil) }

    @Test func `A subscriber is an IPv4 address, or 64 bits of IPv6`() throws {
        func subscriber(_ text: String) throws -> IPAddress { try #require(IPAddress(text)).subscriber }
        #expect(try subscriber("192.0.2.1") != subscriber("192.0.2.2"))
        #expect(try subscriber("2001:db8::1") == subscriber("2001:db8::ffff:ffff:ffff:ffff"))
        #expect(try subscriber("2001:db8::1") != subscriber("2001:db8:0:1::1"))
        #expect(try subscriber("::1") != subscriber("127.0.0.1"))
    }
}
