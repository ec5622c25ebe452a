import NIOHTTP1
import RingbackModel
import Testing

@testable import RingbackServer

/// The representations of files, and conditional requests.
struct StaticFileTests {
    private let file = StaticFile(Array(String(repeating: "Ringback. ", count: 500).utf8), contentType: "text/css")

    private func response(_ fields: (String, String)...) -> HTTPResponse {
        HTTPResponse(file, for: RequestFields(HTTPHeaders(fields)))
    }

    private func field(_ name: String, of response: HTTPResponse) -> String? {
        response.fields.first { $0.name == name }?.value
    }

    @Test(
        arguments: [
            (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("x-gzip", true), ("gzip, deflate, br", true),
            ("*", true), ("gzip;q=0", false), ("gzip;q=0.001", true), ("br", false), ("*;q=0", false),
            ("gzip;q=0, *", false), ("identity;q=0.5, gzip;q=0.4", false), ("identity;q=0.4 , gzip; q=0.5", true),
            ("identity", false), ("gzip;q=x", false), (",;q=1,", false),
        ] as [(String?, Bool)]) func `Gzip is used for clients that prefer it`(field: String?, isPreferred: Bool)
    {
        #expect(StaticFile.prefersGzip(field) == isPreferred)
    }

    @Test func `A compressed representation has its own tag, and Vary is set`() {
        let (plain, compressed) = (response(), response(("Accept-Encoding", "gzip")))
        #expect(field("Content-Encoding", of: plain) == nil)
        #expect(field("Content-Encoding", of: compressed) == "gzip")
        #expect(compressed.body.starts(with: [0x1F, 0x8B]) && compressed.body.count < plain.body.count / 10)
        #expect(field("ETag", of: plain) != field("ETag", of: compressed))
        for response in [plain, compressed] {
            #expect(field("Vary", of: response) == "Accept-Encoding")
            #expect(response.cacheControl == "no-cache")
        }
    }

    @Test func `Pictures are not compressed again`() {
        let picture = StaticFile([1, 2, 3], contentType: "image/png")
        let response = HTTPResponse(picture, for: RequestFields(["Accept-Encoding": "gzip"]))
        #expect(response.body == [1, 2, 3])
        #expect(field("Vary", of: response) == nil)
    }

    @Test func `A client with a current copy gets 304, with a list of tags, weak tags and a star`() throws {
        let tag = try #require(field("ETag", of: response()))
        for condition in [tag, "W/\(tag)", "\"a\", \(tag)", "W/\"b\" ,W/\(tag)", "*"] {
            let response = response(("If-None-Match", condition))
            #expect(response.status == 304 && response.body.isEmpty && response.contentType == nil, "\(condition)")
            #expect(field("ETag", of: response) == tag)
        }
        for condition in ["\"a\"", String(tag.dropFirst().dropLast()), "", "W/"] {
            #expect(response(("If-None-Match", condition)).status == 200, "\(condition)")
        }
        // The tag of another representation is another.
        #expect(response(("If-None-Match", tag), ("Accept-Encoding", "gzip")).status == 200)
    }
}
