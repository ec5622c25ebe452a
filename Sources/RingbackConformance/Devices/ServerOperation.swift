/// What a signed-in device can ask for, by the `operationId` of the OpenAPI document.
package enum ServerOperation: String, Sendable, CaseIterable {
    case getMe, updateMe, getUser, listUsers, deleteMe
    case listBlocks, blockUser, unblockUser, getWatching, setWatching, getPresence
    case listSessions, getSession, deleteSession, createTicket
    case invite, listCalls, getCall
    case alerting, accept, decline, cancel, connected, endCall
    case hangUp
    case sendOffer, getOffer, sendAnswer, getAnswer, addCandidates, listCandidates
    case setMedia, reportQuality, getTimeline
    case getICEServers = "getIceServers"

    /// The method and the path, with names in braces for what is filled in.
    package var route: (method: String, path: String) {
        switch self {
        case .getMe: ("GET", "/v1/users/me")
        case .updateMe: ("PATCH", "/v1/users/me")
        case .deleteMe: ("DELETE", "/v1/users/me")
        case .getUser: ("GET", "/v1/users/{userId}")
        case .listUsers: ("GET", "/v1/users")
        case .listBlocks: ("GET", "/v1/users/me/blocks")
        case .blockUser: ("PUT", "/v1/users/me/blocks/{userId}")
        case .unblockUser: ("DELETE", "/v1/users/me/blocks/{userId}")
        case .getWatching: ("GET", "/v1/users/me/watching")
        case .setWatching: ("PUT", "/v1/users/me/watching")
        case .getPresence: ("GET", "/v1/users/{userId}/presence")
        case .listSessions: ("GET", "/v1/sessions")
        case .getSession: ("GET", "/v1/sessions/{deviceId}")
        case .deleteSession: ("DELETE", "/v1/sessions/{deviceId}")
        case .createTicket: ("POST", "/v1/tickets")
        case .invite: ("POST", "/v1/calls")
        case .listCalls: ("GET", "/v1/calls")
        case .getCall: ("GET", "/v1/calls/{callId}")
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
        case .getTimeline: ("GET", "/v1/calls/{callId}/timeline")
        case .getICEServers: ("GET", "/v1/ice-servers")
        }
    }
}
