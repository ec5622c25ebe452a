import RingbackModel
import Testing

@testable import RingbackServer

/// The origins that may open sockets and streams.
struct AllowedOriginsTests {
    @Test(
        arguments: [
            (nil, "a.example", true), ("http://a.example", "a.example", true), ("https://a.example", "a.example", true),
            ("https://A.example", "a.EXAMPLE:443", true), ("http://a.example", "a.example:80", true),
            ("http://a.example:8080", "a.example:8080", true), ("http://[::1]:8080", "[::1]:8080", true),
            ("http://[::1]", "[::1]", true), ("https://a.example:8443", "a.example", true),
            ("https://b.example", "a.example", false), ("http://a.example", "a.example:8080", false),
            ("http://a.example:81", "a.example:8080", false), ("https://a.example", "a.example:80", false),
            ("http://a.example.evil", "a.example", false), ("http://evil-a.example", "a.example", false),
            ("null", "null", false), ("ftp://a.example", "a.example", false), ("http://", "", false),
            ("http://a.example", nil, false), ("", "a.example", false), ("a.example", "a.example", false),
            ("http://[::1]:8080", "[::2]:8080", false),
        ] as [(String?, String?, Bool)])
    func `A page of the server's own origin is allowed, and a client that is not a page`(
        origin: String?, host: String?, isAllowed: Bool
    ) {
        #expect(isAdmitted(origin, host, by: AllowedOrigins([])) == isAllowed)
    }

    @Test func `Pages of the listed origins are allowed`() {
        let allowed = AllowedOrigins(["https://b.example", "http://localhost:8000"])
        #expect(isAdmitted("https://b.example", "a.example", by: allowed))
        #expect(isAdmitted("http://localhost:8000", "a.example", by: allowed))
        #expect(!isAdmitted("http://b.example", "a.example", by: allowed))
        #expect(!isAdmitted("http://localhost:80001", "a.example", by: allowed))
        for origin in ["null", "https://anyone.example"] {
            #expect(isAdmitted(origin, "a.example", by: AllowedOrigins(["*"])))
        }
    }

    private func isAdmitted(_ origin: String?, _ host: String?, by allowed: AllowedOrigins) -> Bool {
        do {
            try allowed.check(origin, host: host)
            return true
        } catch {
            return error.code != .forbidden
        }
    }
}
