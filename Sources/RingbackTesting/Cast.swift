package import RingbackCore
package import RingbackModel

/// The users of the tests, and the calls between them.
package enum Cast {
    /// The caller's devices.
    package static let vasya = participant("vasya", "vasya-phone")
    package static let vasyaTablet = participant("vasya", "vasya-tablet")
    /// The callee's devices.
    package static let petya = participant("petya", "petya-phone")
    package static let petyaTablet = participant("petya", "petya-tablet")
    package static let stranger = participant("stranger", "stranger-phone")

    package static let devices = [vasya, vasyaTablet, petya, petyaTablet]

    package static func participant(_ user: String, _ device: String) -> Participant {
        Participant(userId: self.user(user), deviceId: self.device(device))
    }

    package static func user(_ name: String) -> UserID {
        guard let user = UserID(name) else { preconditionFailure("'\(name)' is no user's name") }
        return user
    }

    package static func device(_ name: String) -> DeviceID {
        guard let device = DeviceID(name) else { preconditionFailure("'\(name)' is no device's name") }
        return device
    }

    /// The identifier of call `number`.
    package static func callID(_ number: Int = 0) -> CallID {
        guard let id = CallID("call-" + String(1_000_000 + number)) else { preconditionFailure("no such call") }
        return id
    }

    /// JSON literals for tests.
    package static func json(_ text: String) -> JSONText {
        guard let json = try? JSONText(Array(text.utf8)) else { preconditionFailure("'\(text)' is not JSON") }
        return json
    }

    package static func invitation(
        from caller: Participant = vasya, to callee: UserID = petya.userId, ringSeconds: Int = 60,
        custom: JSONText? = nil
    ) -> Invitation {
        Invitation(
            caller: caller, callee: callee, media: Call.Media(audio: true, video: false), custom: custom,
            ringSeconds: ringSeconds)
    }

    /// A call that was just sent to both of Petya's devices.
    package static func invitedCall(
        id: CallID = callID(), reception: CallState.Reception = .rings, ringSeconds: Int = 60,
        at now: Timestamp = ManualTime.start
    ) -> CallState {
        CallState.invite(
            invitation(ringSeconds: ringSeconds), id: id, devices: [petya.deviceId, petyaTablet.deviceId],
            reception: reception, at: now
        ).0
    }
}
