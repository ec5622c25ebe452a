import RingbackModel

/// Properties of operations that matter to the client.
extension APIOperation {
    /// Whether performing the operation twice has the same result as once, even without a key.
    ///
    /// A second registration gets `user_exists`, a second erasure or sign-out of all devices gets 401.
    var isRepeatable: Bool { ![.registerUser, .deleteMe, .deleteSessions].contains(self) }

    /// Whether the operation takes part in the order of the client's requests: everything but the operations with a
    /// connection of their own.
    var isQueued: Bool {
        switch self {
        case .createTicket, .pollEvents, .streamEvents, .openSocket, .endCall: false
        default: !isOpen
        }
    }

    /// Whether the operation may go over an open socket. Operations that end the socket go over HTTP.
    var goesOverSocket: Bool { isQueued && ![.deleteSession, .deleteSessions, .deleteMe].contains(self) }

    /// Whether the operation needs no token.
    var isOpen: Bool {
        switch self {
        case .registerUser, .createSession, .getHealth, .getReadiness, .getMetrics, .getOpenAPI, .getOpenAPIJSON,
            .getDocs, .getDemo, .getAsset, .getSDKFile:
            true
        default: false
        }
    }
}
