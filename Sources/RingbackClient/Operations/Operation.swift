/// What the server can be asked for, by the `operationId` of its OpenAPI document.
package enum Operation: String, Sendable, CaseIterable {
    case registerUser, listUsers, getMe, updateMe, deleteMe, getUser
    case listBlocks, blockUser, unblockUser
    case getWatching, setWatching, getPresence
    case createSession, listSessions, getSession, deleteSession, createTicket
    case invite, listCalls, getCall, getTimeline
    case alerting, accept, decline, cancel, connected, hangUp, endCall
    case sendOffer, getOffer, sendAnswer, getAnswer, addCandidates, listCandidates
    case setMedia, reportQuality
    case getICEServers = "getIceServers"
    case pollEvents, streamEvents, openSocket
    case getHealth, getReadiness, getMetrics
    case getOpenAPI, getOpenAPIJSON, getDocs, getDemo, getAsset, getSDKFile

    /// The method and the path, with names in braces for what is filled in.
    package var route: (method: String, path: String) {
        switch self {
        case .registerUser: ("POST", "/v1/users")
        case .listUsers: ("GET", "/v1/users")
        case .getMe: ("GET", "/v1/users/me")
        case .updateMe: ("PATCH", "/v1/users/me")
        case .deleteMe: ("DELETE", "/v1/users/me")
        case .getUser: ("GET", "/v1/users/{userId}")
        case .listBlocks: ("GET", "/v1/users/me/blocks")
        case .blockUser: ("PUT", "/v1/users/me/blocks/{userId}")
        case .unblockUser: ("DELETE", "/v1/users/me/blocks/{userId}")
        case .getWatching: ("GET", "/v1/users/me/watching")
        case .setWatching: ("PUT", "/v1/users/me/watching")
        case .getPresence: ("GET", "/v1/users/{userId}/presence")
        case .createSession: ("POST", "/v1/sessions")
        case .listSessions: ("GET", "/v1/sessions")
        case .getSession: ("GET", "/v1/sessions/{deviceId}")
        case .deleteSession: ("DELETE", "/v1/sessions/{deviceId}")
        case .createTicket: ("POST", "/v1/tickets")
        case .invite: ("POST", "/v1/calls")
        case .listCalls: ("GET", "/v1/calls")
        case .getCall: ("GET", "/v1/calls/{callId}")
        case .getTimeline: ("GET", "/v1/calls/{callId}/timeline")
        case .alerting: ("POST", "/v1/calls/{callId}/alerting")
        case .accept: ("POST", "/v1/calls/{callId}/accept")
        case .decline: ("POST", "/v1/calls/{callId}/decline")
        case .cancel: ("POST", "/v1/calls/{callId}/cancel")
        case .connected: ("POST", "/v1/calls/{callId}/connected")
        case .hangUp: ("POST", "/v1/calls/{callId}/hangup")
        case .endCall: ("POST", "/v1/calls/{callId}/end")
        case .sendOffer: ("POST", "/v1/calls/{callId}/offer")
        case .getOffer: ("GET", "/v1/calls/{callId}/offer")
        case .sendAnswer: ("POST", "/v1/calls/{callId}/answer")
        case .getAnswer: ("GET", "/v1/calls/{callId}/answer")
        case .addCandidates: ("POST", "/v1/calls/{callId}/candidates")
        case .listCandidates: ("GET", "/v1/calls/{callId}/candidates")
        case .setMedia: ("PUT", "/v1/calls/{callId}/media")
        case .reportQuality: ("POST", "/v1/calls/{callId}/quality")
        case .getICEServers: ("GET", "/v1/ice-servers")
        case .pollEvents: ("GET", "/v1/events")
        case .streamEvents: ("GET", "/v1/events/stream")
        case .openSocket: ("GET", "/v1/socket")
        case .getHealth: ("GET", "/healthz")
        case .getReadiness: ("GET", "/readyz")
        case .getMetrics: ("GET", "/metrics")
        case .getOpenAPI: ("GET", "/openapi.yaml")
        case .getOpenAPIJSON: ("GET", "/openapi.json")
        case .getDocs: ("GET", "/docs")
        case .getDemo: ("GET", "/")
        case .getAsset: ("GET", "/assets/{file}")
        case .getSDKFile: ("GET", "/sdk/{file}")
        }
    }

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
