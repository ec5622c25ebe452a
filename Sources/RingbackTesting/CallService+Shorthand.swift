package import RingbackCore
package import RingbackModel

/// Short forms of ``CallService/perform(_:)``.
extension CallService {
    package func invite(_ invitation: Invitation, key: String? = nil) async throws -> RingbackCore.Answer {
        try await perform(CallRequest(.invite(invitation), by: Exchange.signIn(of: invitation.caller), key: key))
    }

    package func perform(
        _ command: CallCommand, on id: CallID, by actor: Participant, key: String? = nil
    ) async throws -> RingbackCore.Answer {
        try await change(.command(command), on: id, by: actor, key: key)
    }

    package func sendOffer(
        _ sdp: JSONText, negotiation: Int?, iceRestart: Bool, on id: CallID, by actor: Participant,
        key: String? = nil
    ) async throws -> RingbackCore.Answer {
        try await change(
            .offer(sdp, negotiation: negotiation, iceRestart: iceRestart), on: id, by: actor, key: key)
    }

    package func sendAnswer(
        _ sdp: JSONText, negotiation: Int?, on id: CallID, by actor: Participant, key: String? = nil
    ) async throws -> RingbackCore.Answer {
        try await change(.answer(sdp, negotiation: negotiation), on: id, by: actor, key: key)
    }

    package func addCandidates(
        _ candidates: [JSONText], negotiation: Int?, on id: CallID, by actor: Participant, key: String? = nil
    ) async throws -> RingbackCore.Answer {
        try await change(.candidates(candidates, negotiation: negotiation), on: id, by: actor, key: key)
    }

    package func setMedia(
        _ media: JSONText, on id: CallID, by actor: Participant, key: String? = nil
    ) async throws -> RingbackCore.Answer {
        try await change(.media(media), on: id, by: actor, key: key)
    }

    package func reportQuality(
        _ summary: JSONText, on id: CallID, by actor: Participant, key: String? = nil
    ) async throws -> RingbackCore.Answer {
        try await change(.quality(summary), on: id, by: actor, key: key)
    }

    private func change(
        _ change: CallRequest.Change, on id: CallID, by actor: Participant, key: String?
    ) async throws -> RingbackCore.Answer {
        try await perform(CallRequest(.change(id, change), by: Exchange.signIn(of: actor), key: key))
    }
}
