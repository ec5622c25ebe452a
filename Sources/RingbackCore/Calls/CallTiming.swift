package import RingbackModel

/// How long a call stays in the states that must not last.
package struct CallTiming: Sendable, Hashable {
    /// Without any device alerting, the call ends as `unreachable`; `nil` where a push may still wake one.
    package var unreachable: Duration? = .seconds(30)
    /// From accept to active.
    package var connect: Duration = .seconds(30)
    /// An offer without an answer lapses.
    package var negotiation: Duration = .seconds(30)
    /// From `reconnecting` to `connection_lost`.
    package var reconnect: Duration = .seconds(60)

    package init() {}
}

extension CallState {
    /// When ``advance(to:timing:)`` next has something to do; `nil` for an ended call and one that may last.
    package func deadline(timing: CallTiming) -> Timestamp? {
        switch state {
        case .inviting: min(ringsUntil, timing.unreachable.map { createdAt + $0 } ?? ringsUntil)
        case .ringing: ringsUntil
        case .connecting, .active:
            Self.earliest(
                Self.earliest(
                    state == .connecting ? acceptedAt.map { $0 + timing.connect } : nil,
                    openNegotiation.map { $0.openedAt + timing.negotiation }),
                Self.earliest(
                    callerSide.reconnectingSince.map { $0 + timing.reconnect },
                    calleeSide.reconnectingSince.map { $0 + timing.reconnect }))
        case .ended: nil
        }
    }

    private static func earliest(_ a: Timestamp?, _ b: Timestamp?) -> Timestamp? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }

    /// Does what time alone does: ends calls whose time is over, lets negotiations lapse.
    package mutating func advance(to now: Timestamp, timing: CallTiming) -> Transition {
        var transition = Transition()
        guard let deadline = deadline(timing: timing), deadline <= now else { return transition }
        if let open = openNegotiation, open.openedAt + timing.negotiation <= now {
            openNegotiation = nil
            record("negotiation_lapsed", by: nil, detail: "\(open.number)", at: now, in: &transition)
        }
        if let reason = overdueReason(now: now, timing: timing) {
            end(Ending(reason: reason, by: EndedBy(.timer), at: now), actor: nil, in: &transition)
        }
        return transition
    }

    private func overdueReason(now: Timestamp, timing: CallTiming) -> EndReason? {
        switch state {
        case .inviting:
            // With no device ringing for the whole ring time nobody was reached, however long that time was.
            deadline(timing: timing).map { $0 <= now } == true ? .unreachable : nil
        case .ringing: ringsUntil <= now ? .noAnswer : nil
        case .connecting, .active:
            if [callerSide, calleeSide].contains(where: {
                $0.reconnectingSince.map { $0 + timing.reconnect <= now } ?? false
            }) {
                .connectionLost
            } else if state == .connecting, let acceptedAt, acceptedAt + timing.connect <= now {
                .connectTimeout
            } else {
                nil
            }
        case .ended: nil
        }
    }
}
