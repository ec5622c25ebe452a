package import RingbackModel

/// The facts for a decision about calls: the last committed state, and earlier decisions in the same commit.
///
/// During a decision, the same arguments always give the same result.
///
/// - Throws: Each method throws the errors of the store's reads, after which nothing must be changed.
package protocol CallFacts: AnyObject {
    /// The store's clock.
    var now: Timestamp { get }
    /// Returns the time by the clock of a call, which begins with the clock of the store and is not affected by its
    /// changes.
    func now(for call: CallState) throws -> Timestamp
    func call(_ id: CallID) throws -> CallState?
    /// The call that a device created, or was merged into, with this key or another of the same id. Known while the
    /// call is live, and for some time after the invitation.
    func invitedCall(_ key: WriteKey, of device: DeviceID) throws -> CallID?
    /// The live calls of a user, oldest first, without those concealed from the user.
    func liveCalls(of user: UserID) throws -> [CallState]
    /// Returns whether this is the newest sign-in of the device and has not ended.
    func isSignedIn(_ signIn: SignIn) throws -> Bool
    /// A user who has not been erased.
    func account(_ user: UserID) throws -> Account?
    /// The devices of a user, the most recently seen first.
    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord]
    func isBlocked(_ user: UserID, by blocker: UserID) throws -> Bool
    /// The devices of a user that are present.
    func presentDevices(of user: UserID) throws -> Set<DeviceID>
    /// Whether `contact` is in the list of contacts of a user.
    func isContact(_ contact: UserID, of user: UserID) throws -> Bool
    /// The push subscriptions of a user's devices on which calls ring.
    func pushSubscriptions(of user: UserID) throws -> [PushSubscription]
}

extension CallFacts {
    package func now(for call: CallState) throws -> Timestamp { now }
}

/// What must not change between loading the facts of a decision and its commit. A store with several nodes locks it.
package struct CallScope: Sendable, Hashable {
    package var calls: [CallID]
    /// Users whose live calls the decision depends on.
    package var users: [UserID]
    /// The sign-in that must not have ended when the change is decided.
    package var signIn: SignIn?
    /// The invitation that may have been made before.
    package var invitation: InvitationKey?
    /// Whom an invitation calls, of whose contacts the caller may have to be one.
    package var callee: UserID?
    /// Whether it matters which of the callee's devices are present, and which have a push subscription.
    package var asksForDevices = false

    package init(
        calls: [CallID] = [], users: [UserID] = [], signIn: SignIn? = nil, invitation: InvitationKey? = nil,
        callee: UserID? = nil
    ) {
        self.calls = calls
        self.users = users
        self.signIn = signIn
        self.invitation = invitation
        self.callee = callee
    }
}

/// The key of an invitation, which is its device's own.
package struct InvitationKey: Sendable, Hashable {
    package var key: WriteKey
    package var device: DeviceID

    package init(_ key: WriteKey, of device: DeviceID) {
        self.key = key
        self.device = device
    }
}

/// A change of one call.
package struct CallChange: Sendable {
    /// The call after the change.
    package var call: CallState
    /// Whether the call is not in the store yet.
    package var isNew: Bool
    /// When ``Store/takeDueCalls(limit:)`` must return the call.
    package var deadline: Timestamp?
    package var timeline: [TimelineEntry]
    /// In order. If a command made the change, its event is the first.
    package var events: [CallEvent]
    /// The key of the command.
    package var key: WriteKey?
    /// The newest quality summary of a participant.
    package var quality: QualityReport?
    /// The callee has seen the missed calls up to this time.
    package var seenUntil: Timestamp?
    /// Messages to the outside.
    package var messages: [OutboxMessage]

    package init(
        call: CallState, isNew: Bool = false, deadline: Timestamp?, timeline: [TimelineEntry] = [],
        events: [CallEvent] = [], key: WriteKey? = nil, quality: QualityReport? = nil, messages: [OutboxMessage] = []
    ) {
        self.call = call
        self.isNew = isNew
        self.deadline = deadline
        self.timeline = timeline
        self.events = events
        self.key = key
        self.quality = quality
        self.messages = messages
    }
}

/// An event and the users to whose logs it is written.
package struct CallEvent: Sendable {
    package var body: EventBody
    package var audiences: [Transition.Audience]

    package init(_ body: EventBody, to audiences: [Transition.Audience]) {
        self.body = body
        self.audiences = audiences
    }
}

package struct QualityReport: Sendable {
    package var summary: JSONText
    package var participant: Participant
    package var time: Timestamp

    package init(_ summary: JSONText, from participant: Participant, at time: Timestamp) {
        self.summary = summary
        self.participant = participant
        self.time = time
    }
}

/// A decision about calls.
package struct CallDecision: Sendable {
    package var outcome: Result<Answer, Problem>
    /// Committed together, in this order. Also with a refusal, to keep the effects of time.
    package var changes: [CallChange]

    package init(_ outcome: Result<Answer, Problem>, changes: [CallChange] = []) {
        self.outcome = outcome
        self.changes = changes
    }
}
