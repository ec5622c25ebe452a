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
    /// Calls of a user that have not ended, oldest first; not those that are concealed from the user.
    func liveCalls(of user: UserID) throws -> [CallState]
    /// All calls that have not ended.
    func liveCalls() throws -> [CallState]
    /// Newest first.
    func history(_ query: HistoryQuery) throws -> [CallState]
    /// The newest offer or answer of a call.
    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description?
    /// Candidates after a position, in order, those that `user` sent.
    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate]
    func timeline(of call: CallID) throws -> [TimelineEntry]
}
