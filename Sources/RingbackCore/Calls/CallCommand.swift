package import RingbackModel

/// A command of a device to a call.
package enum CallCommand: Sendable, Hashable {
    case alerting
    case accept
    /// The callee invites the caller while the caller's invitation is open. Equivalent to an accept.
    case merge
    case decline(message: String?)
    case cancel
    case connected
    case hangUp(EndReason)
    /// - Parameter negotiation: The number that the sender expects, if it gave one.
    case offer(negotiation: Int?, iceRestart: Bool)
    /// - Parameter negotiation: The negotiation to answer; by default the open one.
    case answer(negotiation: Int?)
    case candidates(count: Int, negotiation: Int?)
    case media(JSONText)
    /// A summary of the connection's quality.
    case quality
}

/// Why a command was rejected. A rejected command changes nothing.
package enum CallRefusal: Error, Sendable, Hashable {
    /// The sender is not a party to the call, and must not learn that it exists.
    case notFound
    /// Only the other side may give this command.
    case forbidden
    case notAParticipant
    case invalidTransition(Call.State)
    case notAccepted(Call.State)
    case alreadyAccepted(Call.State)
    case negotiationPending(Call.State)
    case staleNegotiation(Call.State)
    /// The negotiation has not begun.
    case noSuchNegotiation
    case tooManyCandidates
    case tooManyNegotiations
}
