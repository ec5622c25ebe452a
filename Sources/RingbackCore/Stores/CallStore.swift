package import RingbackModel

/// Which calls of a user's history are asked for.
package struct HistoryQuery: Sendable, Hashable {
    package enum Filter: Sendable, Hashable {
        case live
        case state(Call.State)
    }

    package var user: UserID
    package var filter: Filter?
    /// Only calls with this other party.
    package var with: UserID?
    /// Only calls older than this one.
    package var before: CallID?
    package var limit: Int

    package init(user: UserID, filter: Filter? = nil, with: UserID? = nil, before: CallID? = nil, limit: Int) {
        self.user = user
        self.filter = filter
        self.with = with
        self.before = before
        self.limit = limit
    }
}

package protocol CallReader {
    func call(_ id: CallID) throws -> CallState?
    /// The call that a device has invited, or was merged into, with this key or another of the same id. Known while the call
    /// lives, and some time after the invitation.
    func invitedCall(_ key: WriteKey, of device: DeviceID) throws -> CallID?
    /// Calls of a user that have not ended, oldest first; not those that are concealed from the user.
    func liveCalls(of user: UserID) throws -> [CallState]
    /// All calls that have not ended.
    func liveCalls() throws -> [CallState]
    /// Calls whose deadline is not after `now`, the most overdue first.
    func dueCalls(at now: Timestamp, limit: Int) throws -> [CallID]
    func nextDeadline() throws -> Timestamp?
    /// Newest first.
    func history(_ query: HistoryQuery) throws -> [CallState]
    /// The newest offer or answer of a call.
    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description?
    /// Candidates after a position, in order, those that `user` sent.
    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate]
    func timeline(of call: CallID) throws -> [TimelineEntry]
}

package protocol CallWriter {
    /// Makes a call known that the store can't have, so that it is not searched for. It is kept when it is saved or held.
    func introduce(_ call: CallState)
    /// Adds the call or replaces it.
    ///
    /// - Parameter deadline: When ``CallReader/dueCalls(at:limit:)`` is to name it.
    func save(_ call: CallState, deadline: Timestamp?) throws
    /// Takes a call whose change the next events tell completely (``Transition/isRetold``), so that it need not be written:
    /// whoever opens the store again finds it in the log.
    func hold(_ call: CallState, deadline: Timestamp?) throws
    func append(_ entries: [TimelineEntry], to call: CallID) throws
    /// Keeps a participant's newest quality summary, and its final one.
    func saveQuality(_ summary: JSONText, from participant: Participant, of call: CallID, at now: Timestamp) throws
}
