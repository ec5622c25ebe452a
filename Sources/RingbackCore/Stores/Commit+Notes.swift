package import RingbackModel

extension Commit {
    /// Notes what a change means for who is busy. Most changes change neither who takes part nor whether the call
    /// lives.
    ///
    /// - Parameter old: The call before; `nil` for one that did not live.
    package mutating func note(_ call: CallState, after old: CallState?) {
        if (old != nil) != call.isLive {
            users.append(call.caller.userId)
            if call.isLive { joined.append(call.caller) }
        }
        guard (old?.isUnderWay ?? false) != call.isUnderWay else { return }
        users.append(call.callee)
        guard call.isUnderWay else { return }
        for side in CallState.Side.allCases {
            if let participant = call.participant(of: side) { joined.append(participant) }
        }
    }
}

extension CallState {
    /// Whether a user's live calls have it: it may be concealed from the callee.
    package func isListed(for user: UserID) -> Bool { caller.userId == user || callee == user && !isConcealed }
}
