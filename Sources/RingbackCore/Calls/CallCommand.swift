package import RingbackModel

/// What a device asks of a call.
package enum CallCommand: Sendable, Hashable {
    case alerting
    case accept
    /// The callee invites the caller while the caller's invitation rings: as good as an accept.
    case merge
    case decline(message: String?)
    case cancel
    case connected
    case hangUp(EndReason)
    /// - Parameter negotiation: The number the sender expects, if it says so.
    case offer(negotiation: Int?, iceRestart: Bool)
    /// - Parameter negotiation: The negotiation it answers; by default the open one.
    case answer(negotiation: Int?)
    case candidates(count: Int, negotiation: Int?)
    case media(JSONText)
    /// A summary of the connection's quality.
    case quality
}

/// Why a command was not taken. Nothing has changed.
package enum CallRefusal: Error, Sendable, Hashable {
    /// A stranger must not learn that the call exists.
    case notFound
    /// The command belongs to the other side.
    case forbidden
    case notAParticipant
    case invalidTransition(Call.State)
    case notAccepted(Call.State)
    case alreadyAccepted(Call.State)
    case negotiationPending(Call.State)
    case staleNegotiation(Call.State)
    /// A negotiation that has not begun.
    case noSuchNegotiation
    case tooManyCandidates
}
