package import RingbackModel

/// What a device asks of a call, as a value: checked against the bounds, not yet against the call.
package struct CallRequest: Sendable {
    package enum Action: Sendable {
        /// Answers 201 with the new call, or 200 with the standing one when both invited each other.
        case invite(Invitation)
        case change(CallID, Change)
    }

    package enum Change: Sendable {
        /// Answers 200 with the call.
        case command(CallCommand)
        /// Answers 200 with the call.
        case media(JSONText)
        /// Answers 204.
        case quality(JSONText)
        /// A JSON string within ``Limits/sdpBytes``. Answers 201 with the ``Description``.
        case offer(JSONText, negotiation: Int?, iceRestart: Bool)
        case answer(JSONText, negotiation: Int?)
        /// `RTCIceCandidateInit`s, each within its bounds. Answers 202 with how many were taken.
        case candidates([JSONText], negotiation: Int?)
    }

    package var action: Action
    package var actor: Participant
    /// The same key is the same request: it is carried out once.
    package var key: IdempotencyKey?

    package init(_ action: Action, by actor: Participant, key: IdempotencyKey? = nil) {
        self.action = action
        self.actor = actor
        self.key = key
    }
}
