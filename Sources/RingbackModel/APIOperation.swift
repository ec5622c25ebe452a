/// Every operation of the API, by the `operationId` of the OpenAPI document.
///
/// The only table of names, methods and paths: the routes of the server, the SDK and the conformance suite are derived
/// from it.
package enum APIOperation: String, Sendable, CaseIterable {
    case registerUser, listUsers, getMe, updateMe, deleteMe, getUser
    case listBlocks, blockUser, unblockUser
    case listContacts, addContact, removeContact
    case getWatching, setWatching, getPresence
    case createSession, listSessions, deleteSessions, getSession, updateSession, deleteSession, createTicket
    case invite, listCalls, getCall, getTimeline
    case alerting, accept, decline, cancel, connected, hangUp, markSeen, endCall
    case sendOffer, getOffer, sendAnswer, getAnswer, addCandidates, listCandidates
    case setMedia, reportQuality
    case listWebhooks, testWebhook, listDeliveries, getDelivery, replayDelivery
    case getPush, setPushSubscription, setPushToken, deletePushSubscription
    case getICEServers = "getIceServers"
    case platformCreateUser, platformGetUser, platformUpdateUser, platformEraseUser, platformBanUser, platformUnbanUser
    case platformCreateSession, platformListSessions, platformRevokeSessions, platformRevokeSession
    case platformListBlocks, platformBlockUser, platformUnblockUser
    case platformListContacts, platformAddContact, platformRemoveContact
    case platformListCalls, platformGetCall, platformGetTimeline, platformListAudit
    case pollEvents, streamEvents, openSocket
    case getHealth, getReadiness, getMetrics
    case getOpenAPI, getOpenAPIJSON, getDocs, getDemo, getAsset, getSDKFile

    /// The HTTP methods that the API uses (RFC 9110, section 9; RFC 5789 for PATCH).
    package enum Method: String, Sendable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The method and the path, with the names of parameters in braces.
    package var route: (method: Method, path: String) {
        switch self {
        case .registerUser: (.post, "/v1/users")
        case .listUsers: (.get, "/v1/users")
        case .getMe: (.get, "/v1/users/me")
        case .updateMe: (.patch, "/v1/users/me")
        case .deleteMe: (.delete, "/v1/users/me")
        case .getUser: (.get, "/v1/users/{userId}")
        case .listBlocks: (.get, "/v1/users/me/blocks")
        case .blockUser: (.put, "/v1/users/me/blocks/{userId}")
        case .unblockUser: (.delete, "/v1/users/me/blocks/{userId}")
        case .listContacts: (.get, "/v1/users/me/contacts")
        case .addContact: (.put, "/v1/users/me/contacts/{userId}")
        case .removeContact: (.delete, "/v1/users/me/contacts/{userId}")
        case .getWatching: (.get, "/v1/users/me/watching")
        case .setWatching: (.put, "/v1/users/me/watching")
        case .getPresence: (.get, "/v1/users/{userId}/presence")
        case .createSession: (.post, "/v1/sessions")
        case .listSessions: (.get, "/v1/sessions")
        case .deleteSessions: (.delete, "/v1/sessions")
        case .getSession: (.get, "/v1/sessions/{deviceId}")
        case .updateSession: (.patch, "/v1/sessions/{deviceId}")
        case .deleteSession: (.delete, "/v1/sessions/{deviceId}")
        case .createTicket: (.post, "/v1/tickets")
        case .invite: (.post, "/v1/calls")
        case .listCalls: (.get, "/v1/calls")
        case .getCall: (.get, "/v1/calls/{callId}")
        case .getTimeline: (.get, "/v1/calls/{callId}/timeline")
        case .alerting: (.post, "/v1/calls/{callId}/alerting")
        case .accept: (.post, "/v1/calls/{callId}/accept")
        case .decline: (.post, "/v1/calls/{callId}/decline")
        case .cancel: (.post, "/v1/calls/{callId}/cancel")
        case .connected: (.post, "/v1/calls/{callId}/connected")
        case .hangUp: (.post, "/v1/calls/{callId}/hangup")
        case .markSeen: (.post, "/v1/calls/{callId}/seen")
        case .endCall: (.post, "/v1/calls/{callId}/end")
        case .sendOffer: (.post, "/v1/calls/{callId}/offer")
        case .getOffer: (.get, "/v1/calls/{callId}/offer")
        case .sendAnswer: (.post, "/v1/calls/{callId}/answer")
        case .getAnswer: (.get, "/v1/calls/{callId}/answer")
        case .addCandidates: (.post, "/v1/calls/{callId}/candidates")
        case .listCandidates: (.get, "/v1/calls/{callId}/candidates")
        case .setMedia: (.put, "/v1/calls/{callId}/media")
        case .reportQuality: (.post, "/v1/calls/{callId}/quality")
        case .listWebhooks: (.get, "/v1/webhooks")
        case .testWebhook: (.post, "/v1/webhooks/{webhook}/test")
        case .listDeliveries: (.get, "/v1/webhooks/deliveries")
        case .getDelivery: (.get, "/v1/webhooks/deliveries/{deliveryId}")
        case .replayDelivery: (.post, "/v1/webhooks/deliveries/{deliveryId}/replay")
        case .getPush: (.get, "/v1/push")
        case .setPushSubscription: (.put, "/v1/push/subscription")
        case .setPushToken: (.put, "/v1/push/token")
        case .deletePushSubscription: (.delete, "/v1/push/subscription")
        case .getICEServers: (.get, "/v1/ice-servers")
        case .platformCreateUser: (.post, "/v1/platform/users")
        case .platformGetUser: (.get, "/v1/platform/users/{userId}")
        case .platformUpdateUser: (.patch, "/v1/platform/users/{userId}")
        case .platformEraseUser: (.delete, "/v1/platform/users/{userId}")
        case .platformBanUser: (.put, "/v1/platform/users/{userId}/ban")
        case .platformUnbanUser: (.delete, "/v1/platform/users/{userId}/ban")
        case .platformCreateSession: (.post, "/v1/platform/users/{userId}/sessions")
        case .platformListSessions: (.get, "/v1/platform/users/{userId}/sessions")
        case .platformRevokeSessions: (.delete, "/v1/platform/users/{userId}/sessions")
        case .platformRevokeSession: (.delete, "/v1/platform/users/{userId}/sessions/{deviceId}")
        case .platformListBlocks: (.get, "/v1/platform/users/{userId}/blocks")
        case .platformBlockUser: (.put, "/v1/platform/users/{userId}/blocks/{blockedId}")
        case .platformUnblockUser: (.delete, "/v1/platform/users/{userId}/blocks/{blockedId}")
        case .platformListContacts: (.get, "/v1/platform/users/{userId}/contacts")
        case .platformAddContact: (.put, "/v1/platform/users/{userId}/contacts/{contactId}")
        case .platformRemoveContact: (.delete, "/v1/platform/users/{userId}/contacts/{contactId}")
        case .platformListCalls: (.get, "/v1/platform/users/{userId}/calls")
        case .platformGetCall: (.get, "/v1/platform/calls/{callId}")
        case .platformGetTimeline: (.get, "/v1/platform/calls/{callId}/timeline")
        case .platformListAudit: (.get, "/v1/platform/audit")
        case .pollEvents: (.get, "/v1/events")
        case .streamEvents: (.get, "/v1/events/stream")
        case .openSocket: (.get, "/v1/socket")
        case .getHealth: (.get, "/healthz")
        case .getReadiness: (.get, "/readyz")
        case .getMetrics: (.get, "/metrics")
        case .getOpenAPI: (.get, "/openapi.yaml")
        case .getOpenAPIJSON: (.get, "/openapi.json")
        case .getDocs: (.get, "/docs")
        case .getDemo: (.get, "/")
        case .getAsset: (.get, "/assets/{file}")
        case .getSDKFile: (.get, "/sdk/{file}")
        }
    }

    /// Whether the operation may change state: every method but GET.
    package var isWrite: Bool { route.method != .get }

    /// Whether the operation ends a call or a session. Other writes must not prevent it, so it has a separate rate
    /// limit.
    package var isEnding: Bool {
        switch self {
        case .decline, .cancel, .hangUp, .deleteSession, .deleteSessions: true
        default: false
        }
    }

    /// The names in braces in the path, in order.
    package var pathParameters: [String] {
        route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}
