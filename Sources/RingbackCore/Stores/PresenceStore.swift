package import RingbackModel

/// Which devices the server has contact with, over all nodes.
///
/// A node records what happens on its own connections. What it has recorded of a device that participates in a call
/// survives the process: the device then has ``DevicePresence/pollGrace`` to reconnect, to any node.
///
/// A change is announced to every node as ``StoreSignal/presence(_:)``, in ``StoreObserver/changed(_:)``.
package protocol PresenceStore: Sendable {
    // MARK: Recording. May be called on any thread; does not wait.

    /// Records that a socket, a stream or a waiting poll of the device began.
    func opened(_ device: Participant)

    /// Records that a socket, a stream or a poll of the device ended.
    ///
    /// - Parameter isPoll: Whether it was a poll, after which another one is expected.
    func closed(_ device: Participant, isPoll: Bool)

    /// Records a request of the device.
    func signaled(_ device: Participant)

    /// Removes a device whose sign-in another node has ended, and that is not connected here with another sign-in.
    func forget(_ device: Participant)

    /// Whether the queries of other nodes know what was recorded of a user's devices here.
    func isRecorded(_ user: UserID) -> Bool

    /// Returns when they know it, or when it can't be written now.
    func waitUntilRecorded(_ user: UserID) async

    // MARK: Queries over all nodes

    /// - Returns: The presence of each of the users, in the order of `users`.
    func presence(of users: [UserID]) async throws -> [UserPresence]

    /// The devices of a user that are present.
    func presentDevices(of user: UserID) async throws -> Set<DeviceID>

    /// The live calls of each device. A device without live calls is not in the result.
    func liveCalls(of devices: [Participant]) async throws -> [Participant: [CallID]]

    /// Takes the devices whose signaling was lost (`false`) or is back (`true`). Each change is returned once, to one
    /// node.
    func takeSignaling() async throws -> [Participant: Bool]

    /// Returns changes that could not be reported. Changes that have happened meanwhile take precedence.
    func putBack(_ signaling: [Participant: Bool]) async throws

    /// Stores when devices were last seen, and removes devices of this node that have gone. Call periodically, and
    /// before stopping.
    ///
    /// - Returns: The removed devices.
    func maintain() async throws -> [Participant]
}

/// For a store of a single node.
extension PresenceStore {
    package func forget(_ device: Participant) {}
    package func isRecorded(_ user: UserID) -> Bool { true }
    package func waitUntilRecorded(_ user: UserID) async {}
}

/// The presence of a user.
package struct UserPresence: Sendable, Hashable {
    /// Whether a device of the user is present.
    package var isPresent: Bool
    /// Whether the user participates in a call or calls somebody.
    package var isBusy: Bool
    /// When the user was last in contact; `nil` if ``Account/lastSeenAt`` is at least as recent.
    package var lastSeenAt: Timestamp?

    package init(isPresent: Bool, isBusy: Bool, lastSeenAt: Timestamp?) {
        self.isPresent = isPresent
        self.isBusy = isBusy
        self.lastSeenAt = lastSeenAt
    }

    package var status: Presence.Status { isPresent ? isBusy ? .busy : .online : .offline }
}
