/// The transport for a device's events and requests (protocol, section 3).
package enum Transport: String, Sendable, CaseIterable, CustomStringConvertible {
    /// `GET /v1/events`, requests over HTTP.
    case longPoll
    /// `GET /v1/events/stream`, requests over HTTP.
    case sse
    /// `GET /v1/socket`, also for requests.
    case webSocket

    package var description: String {
        switch self {
        case .longPoll: "long-poll"
        case .sse: "SSE"
        case .webSocket: "WebSocket"
        }
    }

    /// The next transport, cyclically.
    package var next: Transport {
        switch self {
        case .longPoll: .sse
        case .sse: .webSocket
        case .webSocket: .longPoll
        }
    }
}
