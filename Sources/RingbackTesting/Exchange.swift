package import RingbackCore
package import RingbackModel

/// A store with a temporary database, users, and the use cases.
package struct Exchange: Sendable {
    package let database: TemporaryDatabase
    package let time: ManualTime
    package let store: any Store
    package let calls: CallService

    /// Opens a database, by default a new one. Only one exchange at a time may use a database.
    package init(
        in stores: StoreFactory, _ database: TemporaryDatabase? = nil, time: ManualTime = ManualTime(),
        timing: CallTiming = CallTiming()
    ) throws {
        let database = try database ?? TemporaryDatabase()
        self.database = database
        self.time = time
        store = try stores.open(database.path, time)
        calls = CallService(store: store, time: time, timing: timing)
    }

    /// A new database with the users of ``Cast``.
    package static func withCast(
        in stores: StoreFactory, time: ManualTime = ManualTime(), timing: CallTiming = CallTiming()
    ) async throws -> Exchange {
        let exchange = try Exchange(in: stores, time: time, timing: timing)
        try await exchange.register(Cast.devices + [Cast.stranger])
        return exchange
    }

    /// Adds devices, and their users if missing. The first device of a user was seen most recently.
    package func register(_ devices: [Participant]) async throws {
        let now = time.now
        try await store.write { store in
            for (index, participant) in devices.enumerated() {
                _ = try store.insert(Self.account(participant.userId, at: now))
                try store.save(Self.record(of: participant, at: now - .seconds(index)))
            }
        }
    }

    package static func account(_ user: UserID, at now: Timestamp = ManualTime.start) -> Account {
        Account(
            userId: user, displayName: user.rawValue.uppercased(), passwordHash: "scrypt$…", busy: .wait, createdAt: now
        )
    }

    package static func record(of participant: Participant, at now: Timestamp = ManualTime.start) -> DeviceRecord {
        let name = Array(participant.deviceId.rawValue.utf8)
        return DeviceRecord(
            participant: participant, name: nil, tokenHash: Array((name + [UInt8](repeating: 0, count: 32)).prefix(32)),
            createdAt: now, expiresAt: now + .seconds(30 * 86_400), lastSeenAt: now)
    }

    /// The sign-in of a device that ``register(_:)`` added.
    package static func signIn(of participant: Participant) -> SignIn { record(of: participant).signIn }

    /// Invites Petya as Vasya.
    package func invite(_ invitation: Invitation = Cast.invitation()) async throws -> CallID {
        try Self.callID(in: await calls.invite(invitation))
    }

    /// A call that Petya's phone has accepted.
    package func connectingCall() async throws -> CallID {
        let id = try await invite()
        _ = try await calls.perform(.accept, on: id, by: Cast.petya)
        return id
    }

    /// Why an invitation is refused; `nil` if it is not.
    package func refusal(of caller: Participant, toCall callee: UserID) async throws -> Problem.Code? {
        do {
            _ = try await invite(Cast.invitation(from: caller, to: callee))
            return nil
        } catch let problem as Problem {
            return problem.code
        }
    }

    package func call(_ id: CallID) async throws -> CallState? { try await store.read { try $0.call(id) } }

    package static func callID(in answer: RingbackCore.Answer) throws -> CallID {
        guard let text = try JSONSlice(parsing: answer.body)["callId"]?.string, let id = CallID(text) else {
            preconditionFailure("the answer names no call")
        }
        return id
    }
}
