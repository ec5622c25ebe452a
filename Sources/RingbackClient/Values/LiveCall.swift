public import RingbackModel

/// A call in a snapshot, with everything that a device which takes part needs to join in again.
public struct LiveCall: Sendable, Hashable, Identifiable {
    /// The call as it is.
    public var call: Call
    /// The newest offer, of either side.
    public var offer: Description?
    /// The newest answer, of either side.
    public var answer: Description?
    /// The other side's candidates of the newest negotiation, in their order.
    public var candidates: [StoredCandidate]

    /// The call's own.
    public var id: CallID { call.callId }
}
