package import RingbackModel

/// The effects of a command, other than the new state of the call.
package struct Transition: Sendable, Hashable {
    /// The events, in order. Each has its own number within the call.
    package var notices: [Notice] = []
    /// The new entries of the call's timeline.
    package var timeline: [TimelineEntry] = []

    package init() {}

    /// An event and the users to whose logs it is written.
    package struct Notice: Sendable, Hashable {
        package var type: EventType
        package var callSeq: Int
        package var actor: Participant?
        package var content: Content
        package var audiences: [Audience]
    }

    /// The data of an event.
    package enum Content: Sendable, Hashable {
        /// The call in its new state.
        case call
        /// The call, and what the invitation adds.
        case incoming
        /// The call, and why a leg stopped.
        case stopped(LegReason)
        /// The time of the call, until which missed calls were seen.
        case seen
        /// The offer or answer in the command.
        case description
        /// The candidates in the command.
        case candidates
        /// The media state in the command.
        case media
        case connection(CallParticipant.Connection)
    }

    /// The log of a user, and the devices of the user for which an event in it is meant.
    package struct Audience: Sendable, Hashable {
        package var user: UserID
        /// Only this device.
        package var only: DeviceID?
        /// All devices except this one.
        package var except: DeviceID?

        package init(user: UserID, only: DeviceID? = nil, except: DeviceID? = nil) {
            self.user = user
            self.only = only
            self.except = except
        }
    }
}

/// An entry of a call's timeline: what happened, when, and who did it. Contains no SDP and no addresses.
package struct TimelineEntry: Sendable, Hashable {
    package var seq: Int
    package var time: Timestamp
    package var what: String
    package var actor: Participant?
    package var detail: String?

    package init(seq: Int, time: Timestamp, what: String, actor: Participant?, detail: String?) {
        self.seq = seq
        self.time = time
        self.what = what
        self.actor = actor
        self.detail = detail
    }
}

extension TimelineEntry: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("seq", seq)
            json.field("time", time)
            json.field("what", what)
            json.optionalField("actor", actor)
            json.optionalField("detail", detail)
        }
    }
}

extension CallState {
    /// Adds an event for `audiences`. In a concealed call, the callee is left out.
    mutating func tell(
        _ type: EventType, _ content: Transition.Content, to audiences: [Transition.Audience], by actor: Participant?,
        in transition: inout Transition
    ) {
        let audiences = isConcealed ? audiences.filter { $0.user != callee } : audiences
        eventCount += 1
        guard !audiences.isEmpty else { return }
        transition.notices.append(
            .init(type: type, callSeq: eventCount, actor: actor, content: content, audiences: audiences))
    }

    /// All devices of both users, except `actor`.
    func everyone(but actor: Participant?) -> [Transition.Audience] {
        Side.allCases.map { side in
            let user = user(of: side)
            return .init(user: user, except: actor?.userId == user ? actor?.deviceId : nil)
        }
    }

    mutating func record(
        _ what: String, by actor: Participant?, detail: String? = nil, at now: Timestamp,
        in transition: inout Transition
    ) {
        // Entries beyond the limit are dropped, except for the end of the call.
        guard timelineCount < Limits.timelineEntries || what == "ended" else { return }
        timelineCount += 1
        let what = timelineCount == Limits.timelineEntries ? "truncated" : what
        transition.timeline.append(
            TimelineEntry(seq: timelineCount, time: now, what: what, actor: actor, detail: detail))
    }
}
