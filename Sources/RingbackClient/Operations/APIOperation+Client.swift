import RingbackModel

/// How the client treats an operation.
extension APIOperation {
    /// Whether doing it twice is the same as doing it once, without a key.
    ///
    /// Registering again gives `user_exists`, erasing again 401.
    var isRepeatable: Bool { self != .registerUser && self != .deleteMe }

    /// Whether it keeps its order among the requests of a client: whatever a device does but for what has a connection of its
    /// own.
    var isQueued: Bool {
        switch self {
        case .createTicket, .pollEvents, .streamEvents, .openSocket, .endCall: false
        default: !isOpen
        }
    }

    /// Whether it may go over an open socket. What ends the socket goes over HTTP.
    var goesOverSocket: Bool { isQueued && self != .deleteSession && self != .deleteMe }

    /// Whether it goes without a token.
    var isOpen: Bool {
        switch self {
        case .registerUser, .createSession, .getHealth, .getReadiness, .getMetrics, .getOpenAPI, .getOpenAPIJSON,
            .getDocs, .getDemo, .getAsset, .getSDKFile:
            true
        default: false
        }
    }
}
