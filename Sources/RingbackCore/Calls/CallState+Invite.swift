package import RingbackModel

/// An invitation that has passed all checks.
package struct Invitation: Sendable, Hashable {
    package var caller: Participant
    package var callee: UserID
    package var media: Call.Media
    package var custom: JSONText?
    /// Seconds, within ``Limits/ringSeconds``.
    package var ringSeconds: Int
    /// Whether the platform permits the call.
    package var isPermitted = true

    package init(caller: Participant, callee: UserID, media: Call.Media, custom: JSONText?, ringSeconds: Int) {
        self.caller = caller
        self.callee = callee
        self.media = media
        self.custom = custom
        self.ringSeconds = ringSeconds
    }
}

extension CallState {
    /// How an invitation is received.
    package enum Reception: Sendable, Hashable {
        case rings
        /// The callee is not to be disturbed: no device rings, and the caller learns no more than that nobody answers.
        case quiet
        /// The callee is in a call and has the policy `reject`.
        case busy
        /// The callee has blocked the caller, which must not be disclosed.
        case concealed
    }

    /// Creates a call.
    ///
    /// A concealed call lists the callee's devices like any other call, so that the caller cannot distinguish it from a
    /// call to a user who is offline.
    ///
    /// - Parameters:
    ///   - devices: The callee's devices, at most ``Limits/legs``.
    ///   - key: Identifies the invitation when it is repeated.
    package static func invite(
        _ invitation: Invitation, id: CallID, devices: [DeviceID], reception: Reception, at now: Timestamp,
        key: WriteKey? = nil
    ) -> (CallState, Transition) {
        var call = CallState(
            id: id, caller: invitation.caller, callee: invitation.callee, media: invitation.media,
            custom: invitation.custom, createdAt: now, ringsUntil: now + .seconds(invitation.ringSeconds),
            isConcealed: reception == .concealed, legs: devices.map { Leg(device: $0) })
        if let key {
            call.invitationKey = key
            call.invitedLegs = devices.count
        }
        var transition = Transition()
        call.record("invited", by: call.caller, at: now, in: &transition)
        switch reception {
        case .rings, .concealed:
            call.tell(
                .callIncoming, .incoming, to: [.init(user: call.callee)], by: call.caller, in: &transition)
        case .quiet: call.tell(.callIncoming, .incoming, to: [], by: call.caller, in: &transition)
        case .busy:
            // The caller learns it from the response to the invitation; for the callee it is a missed call.
            let ending = Ending(reason: .busy, by: EndedBy(.policy), at: now)
            call.end(ending, actor: call.caller, in: &transition)
        }
        return (call, transition)
    }
}
