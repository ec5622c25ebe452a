public import RingbackModel

/// A call in a snapshot, with everything that a participating device needs to rejoin it.
public struct LiveCall: Sendable, Hashable, Identifiable {
    /// The call.
    public var call: Call
    /// The newest offer of either side.
    public var offer: Description?
    /// The newest answer of either side.
    public var answer: Description?
    /// The other side's candidates of the newest negotiation, in order.
    public var candidates: [StoredCandidate]

    /// The identifier of the call.
    public var id: CallID { call.callId }
}
