package import RingbackModel

/// A request about a call. Its values are within their bounds; whether the call permits it is not decided yet.
///
/// A class, because it is passed on many times, and copying a value would copy a reference to each string in it.
package final class CallRequest: Sendable {
    package enum Action: Sendable {
        /// Answers 201 with the new call, or 200 with the existing call if both users invited each other.
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
        /// `RTCIceCandidateInit`s, each within its bounds. Answers 202 with the number of accepted candidates.
        case candidates([JSONText], negotiation: Int?)
    }

    package let action: Action
    /// The sign-in that sends the request. It is checked again when the change is decided.
    package let signIn: SignIn
    /// Identifies repetitions: requests with the same key are carried out once. `nil` for a transition, which may be
    /// repeated.
    package let key: WriteKey?

    package var actor: Participant { signIn.participant }

    /// Whether the request ends a call.
    package var isEnding: Bool {
        guard case .change(_, .command(let command)) = action else { return false }
        return switch command {
        case .decline, .cancel, .hangUp: true
        default: false
        }
    }

    /// - Parameter key: The key of the client, within ``Limits/idempotencyKeyCharacters``.
    package init(_ action: Action, by signIn: SignIn, key: String? = nil) {
        self.action = action
        self.signIn = signIn
        self.key = key.flatMap { WriteKey($0, for: action) }
    }
}
