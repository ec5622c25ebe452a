import RingbackModel

extension CallRefusal {
    /// The refusal as it is reported to clients.
    var problem: Problem {
        switch self {
        case .notFound: Problem(.notFound, "The call does not exist.")
        case .forbidden: Problem(.forbidden, "Only the other side of the call may do this.")
        case .notAParticipant: Problem(.notAParticipant, "Another device takes part in this call.")
        case .invalidTransition(let state):
            Problem(.invalidTransition, "The call is \(state.rawValue).", callState: state)
        case .notAccepted(let state):
            Problem(.notAccepted, "The call is \(state.rawValue): no device has accepted it.", callState: state)
        case .alreadyAccepted(let state):
            Problem(.alreadyAccepted, "Another device has accepted the call.", callState: state)
        case .negotiationPending(let state):
            Problem(
                .negotiationPending, "An offer is waiting for its answer, or to expire.", callState: state)
        case .staleNegotiation(let state):
            Problem(.staleNegotiation, "The negotiation was answered or superseded, or has expired.", callState: state)
        case .noSuchNegotiation: .invalid("negotiation", "this negotiation has not begun")
        case .tooManyNegotiations:
            Problem(
                .rateLimited, "A call may have at most \(Limits.negotiationsPerMinute) negotiations a minute.",
                retryAfterSeconds: 60)
        case .tooManyCandidates:
            .invalid("candidates", "each side may add at most \(Limits.candidatesPerSide) candidates to a call")
        }
    }
}
