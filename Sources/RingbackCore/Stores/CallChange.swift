package import RingbackModel

/// What a decision about calls is made on: the newest committed state, and what was decided before in the same commit.
///
/// Within a decision two calls with the same arguments give the same answer.
///
/// - Throws: Each method what the store's own reading throws; nothing is changed then.
package protocol CallFacts: AnyObject {
    /// The store's clock.
    var now: Timestamp { get }
    func call(_ id: CallID) throws -> CallState?
    /// The call that a device has invited, or was merged into, with this key or another of the same id. Known while the call
    /// lives, and some time after the invitation.
    func invitedCall(_ key: WriteKey, of device: DeviceID) throws -> CallID?
    /// Calls of a user that have not ended, oldest first; not those that are concealed from the user.
    func liveCalls(of user: UserID) throws -> [CallState]
    /// A user who has not been erased.
    func account(_ user: UserID) throws -> Account?
    /// A user's devices, the most recently seen first.
    func devices(of user: UserID, limit: Int) throws -> [DeviceRecord]
    func isBlocked(_ user: UserID, by blocker: UserID) throws -> Bool
}

/// What must not change between the loading of a decision's facts and its commit: a store of several nodes locks it.
package struct CallScope: Sendable, Hashable {
    package var calls: [CallID]
    /// Whose live calls matter.
    package var users: [UserID]

    package init(calls: [CallID] = [], users: [UserID] = []) {
        self.calls = calls
        self.users = users
    }
}

/// What a decision changes about one call.
package struct CallChange: Sendable {
    /// The call as it is then.
    package var call: CallState
    /// The store does not have it yet, and need not look.
    package var isNew: Bool
    /// When ``Store/takeDueCalls(limit:)`` is to name it.
    package var deadline: Timestamp?
    package var timeline: [TimelineEntry]
    /// In their order. The first is that of the command, if one made the change.
    package var events: [CallEvent]
    /// The key of the command.
    package var key: WriteKey?
    /// A participant's newest quality summary.
    package var quality: QualityReport?

    package init(
        call: CallState, isNew: Bool = false, deadline: Timestamp?, timeline: [TimelineEntry] = [],
        events: [CallEvent] = [], key: WriteKey? = nil, quality: QualityReport? = nil
    ) {
        self.call = call
        self.isNew = isNew
        self.deadline = deadline
        self.timeline = timeline
        self.events = events
        self.key = key
        self.quality = quality
    }
}

/// An event and the users whose logs it goes to.
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

/// What came of a question about calls.
package struct CallDecision: Sendable {
    package var outcome: Result<Answer, Problem>
    /// To be committed together, in this order; also with a refusal, for what time alone has done is kept.
    package var changes: [CallChange]

    package init(_ outcome: Result<Answer, Problem>, changes: [CallChange] = []) {
        self.outcome = outcome
        self.changes = changes
    }
}
