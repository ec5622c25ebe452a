import RingbackCore
import RingbackModel

/// Trickle ICE (RFC 8838).
enum CandidateRoutes {
    static func operations(_ services: Services) -> [Operation] {
        let calls = services.calls
        return [
            Operation(.addCandidates, change: add),
            Operation(.listCandidates) { try await list($0, calls) },
        ]
    }

    /// POST /v1/calls/{callId}/candidates
    @Sendable private static func add(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader()
        var candidates: [JSONText] = []
        let elements = reader.array("candidates", count: Limits.candidatesPerBatch) ?? []
        for (index, element) in elements.enumerated() {
            let candidate: JSONText? = try reader.object(element, at: "candidates", index: index) { reader in
                try check(&reader, bytes: element.count, index)
                return element.text
            }
            if let candidate { candidates.append(candidate) }
        }
        let negotiation = reader.integer("negotiation", in: 1...Int(Int32.max))
        try reader.finish()
        return try request.change(.candidates(candidates, negotiation: negotiation))
    }

    /// Validates an `RTCIceCandidateInit` (W3C WebRTC, section 4.8.1.1). An empty `candidate` is end-of-candidates.
    private static func check(_ reader: inout FieldReader, bytes: Int, _ index: Int) throws {
        if let candidate = reader.member("candidate", true) {
            guard let length = candidate.stringByteCount else {
                let _: Bool? = reader.wrongType("candidate", "a string")
                return
            }
            guard length <= Limits.candidateBytes, bytes <= 2 * Limits.candidateBytes else {
                throw Problem(
                    .payloadTooLarge, "A candidate may have at most \(Limits.candidateBytes) bytes.",
                    errors: [.init(field: "candidates[\(index)].candidate", message: "is too large")])
            }
        }
        for name in ["sdpMid", "usernameFragment"] { _ = reader.text(name, characters: 0...256) }
        _ = reader.integer("sdpMLineIndex", in: 0...Int(UInt16.max))
    }

    /// GET /v1/calls/{callId}/candidates
    private static func list(_ request: OperationRequest, _ calls: CallService) async throws -> Answer {
        let after = try request.integer("after", in: 0...Int(Int32.max), default: 0)
        let limit = try request.integer("limit", in: 1...1000, default: 1000)
        let candidates = try await calls.candidates(
            of: request.call(), after: after, limit: limit + 1, for: request.participant)
        return Answer(200, ItemsPage(candidates, limit: limit) { String($0.position) })
    }
}
