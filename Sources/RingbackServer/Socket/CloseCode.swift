/// Why the server closes a socket (RFC 6455, section 7.4). Clients may reconnect after 4000 to 4499, but not after 4500
/// to 4999.
enum CloseCode: UInt16, Error {
    case normal = 1000
    case restart = 1001
    case protocolError = 1002
    case unsupportedData = 1003
    case notUTF8 = 1007
    case tooBig = 1009
    case internalError = 1011
    case slowReader = 4000
    case noPong = 4001
    case helloTimeout = 4002
    case ticketExpired = 4003
    case tooManyConnections = 4004
    case badToken = 4500
    case superseded = 4501
    case notARequest = 4502

    /// The reason in the close frame.
    var reason: String {
        switch self {
        case .normal: "bye"
        case .restart: "the server restarts"
        case .protocolError: "framing"
        case .unsupportedData: "text only"
        case .notUTF8: "not UTF-8"
        case .tooBig: "too big"
        case .internalError: "internal error"
        case .slowReader: "slow reader"
        case .noPong: "no pong"
        case .helloTimeout: "no hello"
        case .ticketExpired: "ticket expired or used"
        case .tooManyConnections: "too many connections"
        case .badToken: "bad or expired token"
        case .superseded: "signed in again or out"
        case .notARequest: "not a request"
        }
    }
}
