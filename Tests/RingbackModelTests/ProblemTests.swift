import RingbackModel
import Testing

struct ProblemTests {
    private static let table: [(String, Int, Bool)] = [
        ("malformed_json", 400, false), ("invalid_request", 422, false), ("unauthenticated", 401, false),
        ("token_expired", 401, false), ("forbidden", 403, false), ("wrong_password", 403, false),
        ("user_banned", 403, false), ("call_not_permitted", 403, false),
        ("not_a_participant", 403, false),
        ("not_found", 404, false), ("user_not_found", 404, false), ("user_exists", 409, false),
        ("method_not_allowed", 405, false), ("not_acceptable", 406, false), ("invalid_transition", 409, false),
        ("not_accepted", 409, false), ("already_accepted", 409, false), ("negotiation_pending", 409, true),
        ("stale_negotiation", 409, false), ("idempotency_mismatch", 422, false), ("cursor_expired", 410, false),
        ("payload_too_large", 413, false), ("unsupported_media_type", 415, false), ("rate_limited", 429, true),
        ("too_many_connections", 429, true), ("call_self", 422, false), ("draining", 503, true),
        ("storage_unavailable", 503, true), ("keys_unavailable", 503, true), ("internal", 500, true),
    ]

    @Test("A code has its status", arguments: table)
    func status(text: String, status: Int, isRetryable: Bool) throws {
        let code = try #require(Problem.Code(rawValue: text))
        #expect(code.status == status)
        #expect(code.isRetryable == isRetryable)
        #expect(!code.title.isEmpty)
    }

    @Test func `The table has every code, and no two have one title`() {
        #expect(Set(Self.table.map(\.0)) == Set(Problem.Code.allCases.map(\.rawValue)))
        #expect(Set(Problem.Code.allCases.map(\.title)).count == Problem.Code.allCases.count)
    }

    @Test func `A problem is written with the members of RFC 9457 and its own`() {
        let problem = Problem(.notAccepted, "Not \"yet\".", callState: .ringing)
        #expect(
            String(decoding: problem.json, as: UTF8.self) == #"""
                {"type":"/docs#problem-not_accepted","title":"The call has not been accepted","status":409,\#
                "detail":"Not \"yet\".","code":"not_accepted","retryable":false,"callState":"ringing"}
                """#)
    }

    @Test func `An invalid field is named`() throws {
        let problem = Problem.invalid("candidates[3].candidate", "is too long")
        #expect(problem.status == 422 && problem.code == .invalidRequest)
        let error = try #require(try JSONSlice(parsing: problem.json)["errors"]?.elements?.first)
        #expect(error["field"]?.string == "candidates[3].candidate")
        #expect(error["message"]?.string == "is too long")
    }

    @Test func `A given status takes precedence over that of the code`() {
        #expect(Problem(.payloadTooLarge, "No length.", status: 411).status == 411)
    }

    @Test(
        "A reason has the status a SIP gateway would use",
        arguments: [
            (.busy, 486), (.unreachable, 480), (.canceled, 487), (.declined, 603), (.noAnswer, 408), (.completed, 200),
            (.connectionLost, 200), (.connectTimeout, 504), (.iceFailed, 488), (.mediaFailed, 488), (.unsupported, 488),
            (.admin, 403),
        ] as [(EndReason, Int)])
    func sip(reason: EndReason, status: Int) {
        #expect(reason.sipStatus == status)
    }
}
