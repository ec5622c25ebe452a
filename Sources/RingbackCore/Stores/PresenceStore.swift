package import RingbackModel

/// Which devices the server hears from, at whichever of its nodes.
///
/// A node notes what its own connections do. What it has noted of a device that takes part in a call outlives its process:
/// such a device has ``DevicePresence/pollGrace`` to be heard of again, at any node.
///
/// A change is announced as ``StoreSignal/presence(_:)`` to every node, in ``StoreObserver/changed(_:)``.
package protocol PresenceStore: Sendable {
    // MARK: What a node notes. May be called on any thread; does not wait.

    /// A socket, a stream or a waiting poll of the device began.
    func opened(_ device: Participant)

    /// What ``opened(_:)`` told of is over.
    ///
    /// - Parameter isPoll: It was a poll: the next is expected.
    func closed(_ device: Participant, isPoll: Bool)

    /// A request of the device came.
    func signaled(_ device: Participant)

    // MARK: What is known of all nodes' devices

    /// - Returns: The presence of each of the users, in the order of `users`.
    func presence(of users: [UserID]) async throws -> [UserPresence]

    /// The live calls that each of the devices takes part in. A device that takes part in none is not in the result.
    func liveCalls(of devices: [Participant]) async throws -> [Participant: [CallID]]

    /// Takes the devices whose signaling was lost (`false`) or is back (`true`). Each such change is given once, to one node.
    func takeSignaling() async throws -> [Participant: Bool]

    /// Takes back what could not be told. What happened meanwhile counts.
    func putBack(_ signaling: [Participant: Bool]) async throws

    /// Stores when devices were last seen, and forgets those of this node that have gone. To be called now and then, and at
    /// the end.
    ///
    /// - Returns: The devices that were forgotten.
    func maintain() async throws -> [Participant]
}

/// What is known of a user's devices and calls.
package struct UserPresence: Sendable, Hashable {
    /// A device of the user is there.
    package var isPresent: Bool
    /// The user takes part in a call, or calls out.
    package var isBusy: Bool
    /// When something was last heard of the user; `nil` where ``Account/lastSeenAt`` is not older.
    package var lastSeenAt: Timestamp?

    package init(isPresent: Bool, isBusy: Bool, lastSeenAt: Timestamp?) {
        self.isPresent = isPresent
        self.isBusy = isBusy
        self.lastSeenAt = lastSeenAt
    }

    package var status: Presence.Status { isPresent ? isBusy ? .busy : .online : .offline }
}
