package import RingbackModel

/// What a command does to the world beside the call's own state.
package struct Transition: Sendable, Hashable {
    /// Whom to tell what, in order. Each has a number of its own within the call.
    package var notices: [Notice] = []
    /// What to add to the call's timeline.
    package var timeline: [TimelineEntry] = []

    package init() {}

    /// An event and the users whose logs it goes to.
    package struct Notice: Sendable, Hashable {
        package var type: EventType
        package var callSeq: Int
        package var actor: Participant?
        package var content: Content
        package var audiences: [Audience]
    }

    /// What an event's `data` holds.
    package enum Content: Sendable, Hashable {
        /// The call as it is now.
        case call
        /// The call, and why a leg of it stopped.
        case stopped(LegReason)
        /// The offer or answer of the command.
        case description
        /// The candidates of the command.
        case candidates
        /// The media state of the command.
        case media
        case connection(CallParticipant.Connection)
    }

    /// A user's log, and which of the user's devices an event in it is for.
    package struct Audience: Sendable, Hashable {
        package var user: UserID
        /// For this device alone.
        package var only: DeviceID?
        /// For all but this device.
        package var except: DeviceID?

        package init(user: UserID, only: DeviceID? = nil, except: DeviceID? = nil) {
            self.user = user
            self.only = only
            self.except = except
        }
    }
}

/// One line of a call's timeline: what happened, when, and who did it. No SDP, no addresses.
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
    /// Tells `audiences` of an event. A call that is concealed tells its callee nothing.
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

    /// All devices of both users, but not the one that did it.
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
        // The end is always told; what comes in floods is cut off.
        guard timelineCount < Limits.timelineEntries || what == "ended" else { return }
        timelineCount += 1
        let what = timelineCount == Limits.timelineEntries ? "truncated" : what
        transition.timeline.append(
            TimelineEntry(seq: timelineCount, time: now, what: what, actor: actor, detail: detail))
    }
}
