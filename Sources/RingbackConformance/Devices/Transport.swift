/// How a device hears its events, and over what it asks (protocol, section 3).
package enum Transport: String, Sendable, CaseIterable, CustomStringConvertible {
    /// `GET /v1/events`, requests over HTTP.
    case longPoll
    /// `GET /v1/events/stream`, requests over HTTP.
    case sse
    /// `GET /v1/socket`, for the requests too.
    case webSocket

    package var description: String {
        switch self {
        case .longPoll: "long-poll"
        case .sse: "SSE"
        case .webSocket: "WebSocket"
        }
    }

    /// Another transport: all of them in turn.
    package var next: Transport {
        switch self {
        case .longPoll: .sse
        case .sse: .webSocket
        case .webSocket: .longPoll
        }
    }
}
