package import RingbackModel

/// Selects calls of a user's history.
package struct HistoryQuery: Sendable, Hashable {
    package enum Filter: Sendable, Hashable {
        case live
        case state(Call.State)
    }

    package var user: UserID
    package var filter: Filter?
    /// Only calls with this other user.
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

extension CallState {
    /// About every so many candidates a store notes where a page of them may begin.
    private static let candidatesPerMark = 64

    /// Whether a store must note where the candidates that follow begin.
    ///
    /// - Parameter before: The call before a change.
    package func isMarked(since before: CallState) -> Bool {
        candidateCount / Self.candidatesPerMark > before.candidateCount / Self.candidatesPerMark
    }
}

package protocol CallReader {
    func call(_ id: CallID) throws -> CallState?
    /// The live calls of a user, oldest first, without those concealed from the user.
    func liveCalls(of user: UserID) throws -> [CallState]
    /// All live calls.
    func liveCalls() throws -> [CallState]
    /// The calls that match the query, newest first.
    func history(_ query: HistoryQuery) throws -> [CallState]
    /// The newest offer or answer of a call.
    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description?
    /// The candidates that `user` sent after a position, in order.
    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate]
    func timeline(of call: CallID) throws -> [TimelineEntry]
}
