/// Errors of the communication between the suite and the server, below the level of answers.
package enum WireError: Error, Sendable, CustomStringConvertible {
    case unusableAddress(String)
    /// Nothing arrived in time.
    case timeout
    /// The server closed the connection during a response.
    case closedEarly
    /// The server sent more than the suite accepts.
    case tooMuch(String)
    /// The server sent something that the protocol does not permit.
    case unexpected(String)
    /// The server refused the upgrade to a WebSocket.
    case upgradeRefused(WireResponse)
    /// The server closed the WebSocket. The code is 1006 if there was no close frame (RFC 6455, section 7.4.1).
    case webSocketClosed(code: Int, reason: String)

    package var description: String {
        switch self {
        case .unusableAddress(let text): "\(text) is not of the form http://HOST:PORT"
        case .timeout: "the server did not respond in time"
        case .closedEarly: "the server closed the connection before its response was complete"
        case .tooMuch(let what): "the server sent too much: \(what)"
        case .unexpected(let what): what
        case .upgradeRefused(let answer): "the server refused the WebSocket: \(answer)"
        case .webSocketClosed(let code, let reason):
            "the server closed the WebSocket with \(code)\(reason.isEmpty ? "" : " (\(reason))")"
        }
    }
}
