package import RingbackModel

/// What a device asks of a call: checked against the bounds, not yet against the call.
///
/// An object, for it is handed on a dozen times, and a copy of it would be a copy of each text in it.
package final class CallRequest: Sendable {
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

    package let action: Action
    package let actor: Participant
    /// The same key is the same request: it is carried out once. `nil` for a transition, which may be repeated.
    package let key: WriteKey?

    /// - Parameter key: The client's, within ``Limits/idempotencyKeyCharacters``.
    package init(_ action: Action, by actor: Participant, key: String? = nil) {
        self.action = action
        self.actor = actor
        self.key = key.flatMap { WriteKey($0, for: action) }
    }
}
