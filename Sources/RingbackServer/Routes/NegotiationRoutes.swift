import RingbackCore
import RingbackModel

/// Offers and answers (RFC 8829). The SDP is passed on byte for byte and never parsed.
enum NegotiationRoutes {
    static func operations(_ services: Services) -> [Operation] {
        let calls = services.calls
        return [
            Operation(.sendOffer, change: offer),
            Operation(.getOffer) { try await newest(.offer, $0, calls) },
            Operation(.sendAnswer, change: answer),
            Operation(.getAnswer) { try await newest(.answer, $0, calls) },
        ]
    }

    /// POST /v1/calls/{callId}/offer
    @Sendable private static func offer(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader()
        let sdp = try sdp(.offer, in: &reader)
        let negotiation = reader.integer("negotiation", in: 1...Int(Int32.max))
        let iceRestart = reader.bool("iceRestart")
        try reader.finish()
        return try request.change(
            .offer(FieldReader.unwrap(sdp), negotiation: negotiation, iceRestart: iceRestart ?? false))
    }

    /// POST /v1/calls/{callId}/answer
    @Sendable private static func answer(_ request: OperationRequest) throws -> CallRequest {
        var reader = try request.reader()
        let sdp = try sdp(.answer, in: &reader)
        let negotiation = reader.integer("negotiation", in: 1...Int(Int32.max))
        try reader.finish()
        return try request.change(.answer(FieldReader.unwrap(sdp), negotiation: negotiation))
    }

    /// GET /v1/calls/{callId}/offer, /answer
    private static func newest(
        _ kind: Description.Kind, _ request: OperationRequest, _ calls: CallService
    ) async throws -> Answer {
        Answer(200, try await calls.newestDescription(kind, of: request.call(), for: request.participant))
    }

    /// The `sdp` of an `RTCSessionDescriptionInit`, as a JSON string.
    private static func sdp(_ kind: Description.Kind, in reader: inout FieldReader) throws -> JSONText? {
        try reader.object("description", isRequired: true) { reader in
            if reader.member("type", true) != nil, reader.choice("type", of: [kind]) == nil { return nil }
            guard let sdp = reader.member("sdp", true) else { return nil }
            guard let bytes = sdp.stringByteCount else { return reader.wrongType("sdp", "a string") }
            guard bytes <= Limits.sdpBytes else {
                throw Problem(
                    .payloadTooLarge, "The SDP has \(bytes) bytes; the maximum is \(Limits.sdpBytes).",
                    errors: [.init(field: "description.sdp", message: "is too large")])
            }
            guard bytes > 0 else {
                reader.fail("sdp", "is empty")
                return nil
            }
            return sdp.text
        }
    }
}
