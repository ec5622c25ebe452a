import NIOHTTP1
import RingbackModel
import Testing

@testable import RingbackServer

/// The checks of a request's head.
struct RequestFieldsTests {
    private func fields(_ fields: (String, String)...) -> RequestFields { RequestFields(HTTPHeaders(fields)) }

    private func status(_ check: () throws(Problem) -> Void) -> Int? {
        do {
            try check()
            return nil
        } catch {
            return error.status
        }
    }

    @Test func `A request of HTTP 1.1 has one Host`() {
        #expect(status { () throws(Problem) in try fields().checkFraming(.http1_1) } == 400)
        #expect(status { () throws(Problem) in try fields(("Host", "a"), ("host", "a")).checkFraming(.http1_1) } == 400)
        #expect(status { () throws(Problem) in try fields(("Host", "a")).checkFraming(.http1_1) } == nil)
        #expect(status { () throws(Problem) in try fields().checkFraming(.http1_0) } == nil)
    }

    @Test(
        arguments: [
            ("Transfer-Encoding", "chunked", nil), ("Transfer-Encoding", "Chunked", nil),
            ("Transfer-Encoding", "gzip, chunked", 501), ("Transfer-Encoding", "identity", 501),
            ("Expect", "100-continue", nil), ("Expect", "100-Continue", nil), ("Expect", "a-miracle", 417),
        ] as [(String, String, Int?)]) func `Other transfer codings and expectations are refused`(
            name: String, value: String, expected: Int?
        )
    {
        let fields = fields(("Host", "a"), (name, value))
        #expect(status { () throws(Problem) in try fields.checkFraming(.http1_1) } == expected)
    }

    @Test func `Names of fields may have any case, repeated lists are joined, and of other fields the last counts`() {
        let fields = fields(
            ("X-FORWARDED-FOR", "192.0.2.1"), ("host", "a"), ("x-forwarded-for", "192.0.2.2"), ("Host", "b"),
            ("X-Forwarded-Format", "c"))
        #expect(fields.forwardedFor == "192.0.2.1, 192.0.2.2")
        #expect(fields.host == "b")
        #expect(fields.forwarded == nil)
    }

    @Test func `Only one bearer token is taken`() {
        #expect(fields(("Authorization", "Bearer abc")).token == "abc")
        #expect(fields(("authorization", "bearer  abc")).token == "abc")
        #expect(fields(("Authorization", "Bearer a"), ("Authorization", "Bearer a")).token == nil)
        #expect(fields(("Authorization", "Basic abc")).token == nil)
    }

    @Test(arguments: [
        ("*/*", true), ("application/json", true), ("text/html, application/*;q=0.5", true), ("", true),
        ("text/html", false), ("application/jsonp", false),
    ]) func `A client that does not accept the media type gets 406`(accept: String, isAccepted: Bool) {
        let fields = fields(("Accept", accept))
        #expect(
            status { () throws(Problem) in try fields.checkAccepts("application/json") } == (isAccepted ? nil : 406))
    }

    @Test(arguments: [
        ("application/json", nil as String?, true), ("Application/JSON; charset=utf-8", nil, true),
        ("text/plain", nil, false), ("application/json", "gzip", false), ("application/json", "identity", true),
    ]) func `A body must be JSON without a content coding`(type: String, coding: String?, isTaken: Bool) {
        let fields = RequestFields(
            HTTPHeaders([("Content-Type", type)] + (coding.map { [("Content-Encoding", $0)] } ?? [])))
        #expect(status { () throws(Problem) in try fields.checkIsJSON() } == (isTaken ? nil : 415))
    }

    @Test func `A length beyond the bound is 413`() {
        #expect(
            status { () throws(Problem) in try fields(("Content-Length", "262144")).checkLength(Limits.bodyBytes) }
                == nil)
        #expect(
            status { () throws(Problem) in try fields(("Content-Length", "262145")).checkLength(Limits.bodyBytes) }
                == 413)
    }
}
