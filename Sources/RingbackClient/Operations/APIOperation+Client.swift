import RingbackModel

/// Properties of operations that matter to the client.
extension APIOperation {
    /// Whether performing the operation twice has the same result as once, even without a key.
    ///
    /// Registering again throws `user_exists`; erasing the account again gives 401.
    var isRepeatable: Bool { self != .registerUser && self != .deleteMe }

    /// Whether the operation takes part in the order of the client's requests: everything but the operations with a
    /// connection of their own.
    var isQueued: Bool {
        switch self {
        case .createTicket, .pollEvents, .streamEvents, .openSocket, .endCall: false
        default: !isOpen
        }
    }

    /// Whether the operation may go over an open socket. Those that end the session go over HTTP.
    var goesOverSocket: Bool { isQueued && self != .deleteSession && self != .deleteMe }

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
