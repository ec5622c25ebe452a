/// What can go wrong between the suite and the server, below the level of answers.
package enum WireError: Error, Sendable, CustomStringConvertible {
    case unusableAddress(String)
    /// Nothing came within the time.
    case timeout
    /// The server closed the connection in the middle of an answer.
    case closedEarly
    /// The server sent more than the suite is ready to keep.
    case tooMuch(String)
    /// What came is not what the protocol allows at this place.
    case unexpected(String)
    /// The server did not switch to WebSocket.
    case upgradeRefused(WireResponse)
    /// The server ended the WebSocket. 1006 when it did so without a close frame (RFC 6455, section 7.4.1).
    case webSocketClosed(code: Int, reason: String)

    package var description: String {
        switch self {
        case .unusableAddress(let text): "\(text) is not of the form http://HOST:PORT"
        case .timeout: "nothing came within the time"
        case .closedEarly: "the server closed the connection before its answer was complete"
        case .tooMuch(let what): "the server sent too much: \(what)"
        case .unexpected(let what): what
        case .upgradeRefused(let answer): "the server refused the WebSocket: \(answer)"
        case .webSocketClosed(let code, let reason):
            "the server closed the WebSocket with \(code)\(reason.isEmpty ? "" : " (\(reason))")"
        }
    }
}
