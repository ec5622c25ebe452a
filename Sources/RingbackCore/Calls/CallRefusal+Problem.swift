import RingbackModel

extension CallRefusal {
    /// The refusal in the words of the outside.
    var problem: Problem {
        switch self {
        case .notFound: Problem(.notFound, "There is no such call of yours.")
        case .forbidden: Problem(.forbidden, "This is for the other side of the call to do.")
        case .notAParticipant: Problem(.notAParticipant, "Other devices take part in this call.")
        case .invalidTransition(let state):
            Problem(.invalidTransition, "The call is \(state.rawValue).", callState: state)
        case .notAccepted(let state):
            Problem(.notAccepted, "The call is \(state.rawValue): no device has accepted it.", callState: state)
        case .alreadyAccepted(let state):
            Problem(.alreadyAccepted, "Another device has accepted the call.", callState: state)
        case .negotiationPending(let state):
            Problem(
                .negotiationPending, "An offer waits for its answer. It lapses if none comes.", callState: state)
        case .staleNegotiation(let state):
            Problem(.staleNegotiation, "The negotiation was answered, superseded, or has lapsed.", callState: state)
        case .noSuchNegotiation: .invalid("negotiation", "has not begun")
        case .tooManyCandidates:
            .invalid("candidates", "a side may add \(Limits.candidatesPerSide) candidates to a call")
        }
    }
}
