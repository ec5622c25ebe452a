package import RingbackModel

/// The maximum durations of the transient states of a call, the limits of live calls, and who may call.
package struct CallTiming: Sendable, Hashable {
    /// From the invitation to the end as `unreachable` if no device alerts and none is to be woken; `nil` for the
    /// whole ring time.
    package var unreachable: Duration?
    /// The time between the caller's `reconnecting` and the end as `canceled`, while a call rings.
    package var lostCaller: Duration = .seconds(15)
    /// From `accept` to the end as `connect_timeout`.
    package var connect: Duration = .seconds(30)
    /// From an offer to its expiry without an answer.
    package var negotiation: Duration = .seconds(30)
    /// From `reconnecting` to the end as `connection_lost`.
    package var reconnect: Duration = .seconds(60)
    /// The maximum number of live calls of a user, outgoing and incoming.
    package var liveCalls = Limits.liveCalls
    /// The maximum number of live calls of two users with each other.
    package var liveCallsOfPair = Limits.liveCallsOfPair
    /// The webhooks and pushes for calls.
    package var outbox = OutboxPlan()

    /// From whom all users receive calls, at most.
    package var callsFrom = CallsFrom.everyone

    package init() {}
}

extension CallState {
    /// When ``advance(to:timing:)`` must be called next; `nil` if there is no deadline.
    package func deadline(timing: CallTiming) -> Timestamp? {
        switch state {
        case .inviting, .ringing: Self.earliest(ringEnd(timing), callerLostUntil(timing))
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

    /// The time at which a call ends if nobody accepts it.
    private func ringEnd(_ timing: CallTiming) -> Timestamp {
        guard state == .inviting, !isAwaited, let unreachable = timing.unreachable else { return ringsUntil }
        return min(ringsUntil, createdAt + unreachable)
    }

    /// The time at which a ringing call of a lost caller ends.
    private func callerLostUntil(_ timing: CallTiming) -> Timestamp? {
        callerSide.reconnectingSince.map { $0 + timing.lostCaller }
    }

    private static func earliest(_ a: Timestamp?, _ b: Timestamp?) -> Timestamp? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }

    /// Applies the effects of time: ends overdue calls, expires open negotiations.
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
        case .inviting, .ringing:
            if let lost = callerLostUntil(timing), lost <= now, lost < ringEnd(timing) {
                .canceled
            } else if ringEnd(timing) <= now {
                // If no device rang, nobody was reached, whatever the ring time was.
                state == .inviting ? .unreachable : .noAnswer
            } else {
                nil
            }
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
